"""In which terms a schema speaks: its dialect, and the words, types and names that its facts share."""

from __future__ import annotations

from dataclasses import dataclass

from ingest.rendering import expressions
from ingest.rendering.expressions import Scope
from ingest.rendering.names import Names, spelled
from ingest.rendering.vocabulary import Vocabulary

POSTGRESQL = "postgresql"


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What all facts of one schema have in common. `relation_names` fills while names are given out.

    `enum_types` are the names of the enum types that the schema creates.
    """

    dialect: str
    vocabulary: Vocabulary
    enum_types: frozenset[str]
    relation_names: Names

    @property
    def is_native(self) -> bool:
        """Whether types and expressions are PostgreSQL's own and stay as they are."""
        return self.dialect == POSTGRESQL

    @property
    def types(self) -> frozenset[str]:
        """The types that a column may have, as PostgreSQL spells them."""
        return self.vocabulary.types | {spelled(name) for name in self.enum_types}

    def objection(
        self, text: str, columns: frozenset[str] = frozenset(), sequences: frozenset[str] = frozenset()
    ) -> str | None:
        """Why the expression cannot be declared; None where it can."""
        if not self.is_native:
            return f"an expression of the dialect {self.dialect} is not PostgreSQL's"
        scope = Scope(vocabulary=self.vocabulary, types=self.enum_types, columns=columns, sequences=sequences)
        return expressions.objection(text, scope)
