"""What the tests of the renderers share."""

from collections.abc import Iterator

import pytest

from azora.kernel.postgres.sandbox import Database, shared_sandbox


@pytest.fixture(scope="module")
def database() -> Iterator[Database]:
    """A database of an ordinary role. Who loads a schema into it empties it first."""
    with shared_sandbox().database() as found:
        yield found
