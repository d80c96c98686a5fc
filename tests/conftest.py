"""Those that run an installation have a YouTube of their own: what it asks, and for how long, is no
business of the apps' tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.signals import request_finished, request_started
from django.db import close_old_connections

from tests.standins import YouTubeStandIn


@pytest.fixture(scope="session")
def youtube_process() -> Iterator[YouTubeStandIn]:
    with YouTubeStandIn(ways=3) as stand_in:
        yield stand_in


@pytest.fixture
def one_connection(db: None) -> Iterator[None]:
    """A server closes its database connections after each request; the test's transaction is on
    this one.
    """
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)
