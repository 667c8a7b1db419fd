"""PostgreSQL expressions of a catalog: are they one expression, and do they name only what the schema brings?

A catalog may come from a hostile repository. An expression is written into a script between brackets of our own, so
it must not close them, end the statement or open a comment; and it is refused where it calls a function, or names a
type or column, that the script does not create and PostgreSQL does not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.rendering.names import unspelled
from ingest.rendering.vocabulary import EXPRESSION_WORDS, SEARCH_CONFIGURATIONS, Vocabulary

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<string>[eE]'(?:[^'\\\0]|\\[^\0]|'')*'|[bBxX]?'(?:[^'\0]|'')*')
    | (?P<quoted>"(?:[^"\0]|"")+")
    | (?P<number>(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<word>[^\W\d][\w$]*)
    | (?P<cast>::)
    | (?P<open>[(\[])
    | (?P<close>[)\]])
    | (?P<comma>,)
    | (?P<dot>\.)
    | (?P<operator>[-+*/<>=~!@\#%^&|?]+)
    """,
    re.VERBOSE,
)
_ELEMENT = re.compile(r"E?'(?:[^']|'')*'::[a-z][\w ]*(?:\(\d+\))?")
_CAST_ARRAY = re.compile(
    rf"\(ARRAY\[(?P<elements>{_ELEMENT.pattern}(?:, {_ELEMENT.pattern})*)\]\)::(?P<type>[a-z][\w ]*)\[\]"
)
_PAIRS = {")": "(", "]": "["}
_COLLATIONS = {"C", "POSIX", "default", "ucs_basic"}
_NEXTVAL = re.compile(r"(?<![\w.$\"])nextval\('((?:[^']|'')+)'::regclass\)")

# References by name that PostgreSQL looks up while it reads the statement, and that may not be there.
_LOOKED_UP = re.compile(r"reg\w+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What an expression may name: PostgreSQL's words, the schema's own types, and columns or sequences."""

    vocabulary: Vocabulary
    types: frozenset[str] = frozenset()
    columns: frozenset[str] = frozenset()
    sequences: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    @property
    def name(self) -> str:
        """The name that a word or a quoted name stands for."""
        return (unspelled(self.text) or "") if self.kind == "quoted" else self.text.lower()


_END = _Token("end", "")


def objection(text: str, scope: Scope) -> str | None:
    """Why `text` cannot be written into a schema as one expression of this scope; None where it can."""
    tokens = list(_tokens(text))
    if tokens and tokens[-1].kind == "stray":
        return f"{tokens[-1].text!r} stands where an expression cannot have it"
    if any(token.kind == "operator" and ("--" in token.text or "/*" in token.text) for token in tokens):
        return "it holds a comment"
    return _unbalanced(tokens) or next(_unknown_names(tokens, scope), None)


def bracketed(text: str) -> str:
    """An expression without objection in brackets: as it is where it has them already."""
    depth = 0
    tokens = list(_tokens(text))
    for token in tokens[:-1]:
        depth += {"open": 1, "close": -1}.get(token.kind, 0)
        if depth == 0:
            return f"({text})"
    return text if tokens[0].text == "(" else f"({text})"


def settled(text: str) -> str:
    """The expression as PostgreSQL prints it when it has read what it printed itself.

    The first time, it prints the list of `x IN ('a', 'b')` as a cast of an array. Reading that, it casts the elements.
    """
    return _CAST_ARRAY.sub(_cast_elements, text)


def _cast_elements(match: re.Match[str]) -> str:
    elements = (f"({element.group()})::{match['type']}" for element in _ELEMENT.finditer(match["elements"]))
    return f"ARRAY[{', '.join(elements)}]"


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens without the blanks between them; a `stray` character ends them."""
    at = 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None or match.lastgroup is None:
            yield _Token("stray", text[at])
            return
        if match.lastgroup != "space":
            yield _Token(match.lastgroup, match.group())
        at = match.end()


def sequences(text: str) -> tuple[str, ...]:
    """The sequences that an expression counts up, by `nextval('name'::regclass)`, in order."""
    found = (unspelled(match.group(1).replace("''", "'")) for match in _NEXTVAL.finditer(text))
    return tuple(dict.fromkeys(name for name in found if name))


def _unbalanced(tokens: list[_Token]) -> str | None:
    if not tokens:
        return "it is empty"
    open_brackets: list[str] = []
    for token in tokens:
        if token.kind == "open":
            open_brackets.append(token.text)
        elif token.kind == "close" and (not open_brackets or open_brackets.pop() != _PAIRS[token.text]):
            return "its brackets do not match"
        elif token.kind == "comma" and not open_brackets:
            return "it is more than one expression"
    return "its brackets do not match" if open_brackets else None


def _unknown_names(tokens: list[_Token], scope: Scope) -> Iterator[str]:
    padded = [_END, _END, *tokens, _END, _END]
    for number in range(2, len(padded) - 2):
        owner, before, token, after, target = padded[number - 2 : number + 3]
        if token.kind == "string" and after.kind == "cast":
            if _LOOKED_UP.fullmatch(target.name) and not _is_found(token, target, scope):
                yield f"{token.text}::{target.text} names something that the schema does not create"
        elif token.kind not in ("word", "quoted"):
            continue
        elif after.kind == "dot":
            if token.name != "pg_catalog":
                yield f"{token.text} is a schema, table or composite value"
        elif before.kind == "dot" and owner.name != "pg_catalog":
            yield f"{token.text} is part of something else"
        elif not _is_known(token, before, after, scope):
            yield _unknown(token, after)


def _is_found(token: _Token, target: _Token, scope: Scope) -> bool:
    """Whether the name in a string, which PostgreSQL looks up when it reads the statement, is there."""
    name = unspelled(token.text[1:-1].replace("''", "'"))
    if target.name == "regconfig":
        return name in SEARCH_CONFIGURATIONS
    return target.name == "regclass" and name in scope.sequences


def _is_known(token: _Token, before: _Token, after: _Token, scope: Scope) -> bool:
    name = token.name
    is_word = token.kind == "word"
    if before.kind == "word" and before.name == "collate":
        return name in _COLLATIONS
    if is_word and name in EXPRESSION_WORDS:
        return True
    if after.text == "(":
        return name in scope.vocabulary.functions or name in scope.vocabulary.types
    if before.kind == "cast" or before.name == "as" or after.kind == "string":
        return name in scope.types or name in scope.vocabulary.types
    return name in scope.columns


def _unknown(token: _Token, after: _Token) -> str:
    if after.text == "(":
        return f"it calls the function {token.name}, neither PostgreSQL's own nor part of the schema"
    return f"it names {token.name}, which the schema does not create"
