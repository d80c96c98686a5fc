"""The stand-ins' own tests ask one that no installation knows: whatever still asks the other, or
waits for it, is not counted here.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins.youtube import YouTubeStandIn


@pytest.fixture(scope="session")
def youtube_process() -> Iterator[YouTubeStandIn]:
    with YouTubeStandIn(ways=3) as stand_in:
        yield stand_in
