"""Triggers of learning: histories that only grow, prerequisites without rings, grading periods without overlap."""

from __future__ import annotations

from typing import Any

import pgtrigger

from azora.kernel.triggers import TableTrigger
from azora.kernel.writer import REASON_SETTING, WRITER_SETTING


class KeepsHistory(TableTrigger):
    """Write a row of the table `history` for every grade that is made, and for every one whose value changes.

    Who and why come from the transaction's settings `azora.user_id` and `azora.reason`; where a writer states none,
    the role of the database that wrote is all that is known, and it is always noted.
    """

    name = "keeps_history"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("points", "points_deducted", "entered", "is_excused")

    def __init__(self, history: str, **options: Any) -> None:
        self.history = history
        super().__init__(**options)

    def body(self, table: str) -> str:
        columns = ("points", "points_deducted", "entered", "is_excused")
        old = ", ".join(f"OLD.{column}" for column in columns)
        new = ", ".join(f"NEW.{column}" for column in columns)
        insert = f"""
            INSERT INTO {self.history} (
                organization_id, grade_id, changed_by_id, reason, database_role,
                {", ".join(f"old_{column}" for column in columns)}, {", ".join(f"new_{column}" for column in columns)}
            ) VALUES (
                NEW.organization_id, NEW.id,
                NULLIF(current_setting('{WRITER_SETTING}', true), '')::uuid,
                COALESCE(current_setting('{REASON_SETTING}', true), ''), session_user,
                %s, {new}
            );
        """
        return f"""
            IF TG_OP = 'INSERT' THEN
                {insert % ", ".join("NULL" for _ in columns)}
            ELSIF ({old}) IS DISTINCT FROM ({new}) THEN
                {insert % old}
            END IF;
            RETURN NULL;
        """


class NoRing(TableTrigger):
    """Refuse a prerequisite that would make a course or a lesson wait for itself, through however many others.

    New prerequisites are serialised by an advisory lock until their transaction ends, as moves in a tree are: two of
    them, each right by itself, could close a ring together.
    """

    name = "no_ring"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf(
        "course_id", "lesson_id", "required_course_id", "required_lesson_id"
    )
    declare = [("is_ring", "boolean")]

    def body(self, table: str) -> str:
        return f"""
            PERFORM pg_advisory_xact_lock(hashtext('{table}'));
            WITH RECURSIVE required(id) AS (
                SELECT COALESCE(NEW.required_lesson_id, NEW.required_course_id)
                UNION
                SELECT COALESCE(step.required_lesson_id, step.required_course_id)
                FROM {table} step
                JOIN required ON (NEW.lesson_id IS NULL AND step.lesson_id IS NULL AND step.course_id = required.id)
                    OR (NEW.lesson_id IS NOT NULL AND step.lesson_id = required.id)
            )
            SELECT EXISTS (
                SELECT FROM required WHERE required.id = COALESCE(NEW.lesson_id, NEW.course_id)
            ) INTO is_ring;
            IF is_ring THEN
                {self.refuse(table, "Prerequisites cannot form a ring.")}
            END IF;
            RETURN NULL;
        """


class NoOverlap(TableTrigger):
    """Refuse a grading period that overlaps another of its term.

    An exclusion constraint would need the extension btree_gist for the term's id, and the schema needs none. The term's
    row is locked, so that two periods written at once see each other.
    """

    name = "no_overlap"
    when = pgtrigger.After
    operation = pgtrigger.Insert | pgtrigger.UpdateOf("term_id", "starts_at", "ends_at")

    def body(self, table: str) -> str:
        return f"""
            PERFORM FROM lms_term WHERE id = NEW.term_id FOR NO KEY UPDATE;
            IF EXISTS (
                SELECT FROM {table} other
                WHERE other.term_id = NEW.term_id AND other.id <> NEW.id
                    AND other.starts_at < NEW.ends_at AND NEW.starts_at < other.ends_at
            ) THEN
                {self.refuse(table, "Grading periods of a term cannot overlap.")}
            END IF;
            RETURN NULL;
        """
