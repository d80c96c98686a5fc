"""What one test would leave to the next."""

from collections.abc import Iterator

import pytest
from django.core.cache import caches
from django.utils import translation


@pytest.fixture(autouse=True)
def nothing_left_over() -> Iterator[None]:
    """The throttles count callers by id and address, which are the same in each test; a request
    leaves its language to its thread.
    """
    for name in ("default", "shared"):
        caches[name].clear()
    with translation.override("en"):
        yield
    for name in ("default", "shared"):
        caches[name].clear()
