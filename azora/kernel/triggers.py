"""Triggers for rules that no constraint can say: a tree stays a tree, a history only grows."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

import pgtrigger
from django.db.models import Model


class TableTrigger(pgtrigger.Trigger):
    """A trigger whose function names its table; a subclass gives the function's `body`."""

    def get_func(self, model: type[Model]) -> str:  # type: ignore[override]  # pgtrigger gives the class, too
        return self.body(model._meta.db_table)

    @abstractmethod
    def body(self, table: str) -> str:
        """The function's statements, in PL/pgSQL."""

    def refuse(self, table: str, sentence: str) -> str:
        """The statement that refuses, as a constraint named after the table and the trigger would."""
        return (
            f"RAISE EXCEPTION '{sentence}' USING ERRCODE = 'check_violation', "
            f"CONSTRAINT = '{table}_{self.name}', TABLE = '{table}';"
        )


class AppendOnly(TableTrigger):
    """Refuse to change or delete a row, whoever asks."""

    name = "append_only"
    when = pgtrigger.Before
    operation = pgtrigger.Update | pgtrigger.Delete

    def body(self, table: str) -> str:
        return self.refuse(table, "This history is never changed or deleted.")


class NeverEmptied(TableTrigger):
    """Refuse TRUNCATE of a table that holds rows; triggers of rows do not see it."""

    name = "never_emptied"
    when = pgtrigger.Before
    level = pgtrigger.Statement
    operation = pgtrigger.Truncate

    def body(self, table: str) -> str:
        return f"""
            IF EXISTS (SELECT FROM {table}) THEN
                {self.refuse(table, "This history is never emptied.")}
            END IF;
            RETURN NULL;
        """


class StaysTree(TableTrigger):
    """Refuse a parent that lies below the row itself.

    `parent` is the column (attribute) that holds the parent's id. Moves within one table are serialised by an advisory
    lock until their transaction ends: otherwise two moves, each right by itself, could close a ring together.
    """

    when = pgtrigger.After
    declare = [("is_ring", "boolean")]
    parent = "parent_id"

    def __init__(self, *, name: str = "stays_tree", parent: str = "parent_id", **options: Any) -> None:
        self.parent = parent
        super().__init__(name=name, operation=pgtrigger.UpdateOf(parent) | pgtrigger.Insert, **options)

    def body(self, table: str) -> str:
        return f"""
            IF NEW.{self.parent} IS NULL THEN RETURN NEW; END IF;
            PERFORM pg_advisory_xact_lock(hashtext('{table}'));
            WITH RECURSIVE above(id) AS (
                SELECT NEW.{self.parent}
                UNION
                SELECT tree.{self.parent} FROM {table} tree JOIN above ON tree.id = above.id
                WHERE tree.{self.parent} IS NOT NULL
            )
            SELECT EXISTS (SELECT FROM above WHERE above.id = NEW.id) INTO is_ring;
            IF is_ring THEN
                {self.refuse(table, "A row cannot lie below itself.")}
            END IF;
            RETURN NEW;
        """
