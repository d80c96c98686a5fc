"""What a process remembers of the database is forgotten with each test's rows."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def _nothing_is_remembered() -> Iterator[None]:
    """Rows of the next test may have the same ids."""
    from videos.search import texts

    yield
    texts.remembered.clear()
