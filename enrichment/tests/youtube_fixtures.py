"""A stand-in for YouTube and a real source that talks to it."""

from collections.abc import Iterator

import pytest

from enrichment.sources.youtube import YouTubeSource
from tests.standins import YouTubeStandIn


@pytest.fixture(scope="session")
def running_youtube() -> Iterator[YouTubeStandIn]:
    with YouTubeStandIn(ways=2) as stand_in:
        yield stand_in


@pytest.fixture
def youtube(running_youtube: YouTubeStandIn) -> YouTubeStandIn:
    running_youtube.reset()
    return running_youtube


@pytest.fixture
def source(youtube: YouTubeStandIn) -> Iterator[YouTubeSource]:
    source = YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file))
    yield source
    source.close()
