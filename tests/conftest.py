"""Those that run an installation have a YouTube of their own: what it asks, and for how long, is no
business of the apps' tests.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins import YouTubeStandIn


@pytest.fixture(scope="session")
def youtube_process() -> Iterator[YouTubeStandIn]:
    with YouTubeStandIn(ways=3) as stand_in:
        yield stand_in
