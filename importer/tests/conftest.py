"""For every test of this app."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """The throttles count callers by id and address, which are the same in each test."""
    cache.clear()
    yield
    cache.clear()
