"""For every test of this app."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def nothing_left_over(settings: Any) -> Iterator[None]:
    """The throttles count callers by id and address, which are the same in each test; static files are served as they lie there."""
    settings.WHITENOISE_AUTOREFRESH = True
    cache.clear()
    yield
    cache.clear()
