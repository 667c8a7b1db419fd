"""What the project's own PostgreSQL raises when a person has to act."""

from __future__ import annotations


class ClusterError(Exception):
    """PostgreSQL cannot be run here. The message is one sentence for a person: what, where, how to mend."""
