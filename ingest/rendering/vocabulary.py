"""The words of PostgreSQL that a schema may use without bringing them itself.

`vocabulary.json` holds names that PostgreSQL 15 and 18 have both: words of the language and functions that an
expression of a table may use (none that reads files, other tables or the server), types with the spelling of
`format_type`, operator classes, configurations of text search, the relations of `pg_catalog`, keywords that must be
quoted as names, and the functions, types and operator classes of the extensions that any owner of a database may
create.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

_WORDS = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

EXPRESSION_WORDS = frozenset(_WORDS["expression_words"])
KEYWORDS = frozenset(_WORDS["keywords"])
RELATIONS = frozenset(_WORDS["relations"])
SEARCH_CONFIGURATIONS = frozenset(_WORDS["text_search_configurations"])
SYSTEM_COLUMNS = frozenset({"tableoid", "xmin", "cmin", "xmax", "cmax", "ctid"})
EXTENSIONS = frozenset(_WORDS["extensions"])
TYPES: dict[str, str] = _WORDS["types"]
"""Internal name of a type to PostgreSQL's spelling of it: `int4` to `integer`."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """What the expressions, types and indexes of one schema may name besides its own tables and columns."""

    functions: frozenset[str]
    types: frozenset[str]
    operator_classes: frozenset[str]


def of_extensions(extensions: Iterable[str]) -> Vocabulary:
    """The vocabulary of PostgreSQL with these extensions; unknown ones add nothing."""
    known = [_WORDS["extensions"][name] for name in extensions if name in EXTENSIONS]
    return Vocabulary(
        functions=frozenset(_WORDS["functions"]).union(*(words["functions"] for words in known)),
        types=frozenset(TYPES).union(TYPES.values(), *(words["types"] for words in known)),
        operator_classes=frozenset(_WORDS["operator_classes"]).union(*(words["operator_classes"] for words in known)),
    )
