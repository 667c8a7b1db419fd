"""The words that PostgreSQL is said to have are those that it has."""

from __future__ import annotations

from azora.kernel.postgres.sandbox import shared_sandbox
from ingest.rendering import vocabulary


def test_postgresql_has_every_word_of_the_vocabulary() -> None:
    words = vocabulary.of_extensions([])
    with shared_sandbox().database() as database:

        def names(query: str) -> set[str]:
            return {name for (name,) in database.query(query)}

        assert words.functions <= names("SELECT proname::text FROM pg_proc")
        assert words.operator_classes <= names("SELECT opcname::text FROM pg_opclass")
        assert names("SELECT word FROM pg_get_keywords() WHERE catcode <> 'U'") <= vocabulary.KEYWORDS
        assert names("SELECT cfgname::text FROM pg_ts_config") >= vocabulary.SEARCH_CONFIGURATIONS
        assert names("SELECT attname::text FROM pg_attribute WHERE attnum < 0") == vocabulary.SYSTEM_COLUMNS
        spelled = dict(database.query("SELECT typname::text, format_type(oid, NULL) FROM pg_type"))
        assert {name: spelled.get(name) for name in vocabulary.TYPES} == vocabulary.TYPES
        existing = names("SELECT relname::text FROM pg_class WHERE relkind IN ('r', 'v') AND relnamespace = 11")
        assert existing <= vocabulary.RELATIONS


def test_an_ordinary_role_can_create_the_extensions_that_are_there() -> None:
    with shared_sandbox().database() as database:
        query = "SELECT name, trusted FROM pg_available_extension_versions"
        known = {name: trusted for name, trusted in database.query(query) if name in vocabulary.EXTENSIONS}
        assert {"btree_gin", "pg_trgm"} <= known.keys()
        assert set(known.values()) == {True}
        for name in ("btree_gin", "pg_trgm"):
            database.run(f"CREATE EXTENSION {name}")
            words = vocabulary.of_extensions([name])
            own = words.operator_classes - vocabulary.of_extensions([]).operator_classes
            found = {row[0] for row in database.query("SELECT opcname::text FROM pg_opclass")}
            assert own <= found
            assert words.functions <= {row[0] for row in database.query("SELECT proname::text FROM pg_proc")}
