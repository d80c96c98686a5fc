"""A real source that talks to the stand-in for YouTube."""

from collections.abc import Iterator

import pytest

from enrichment.sources.youtube import YouTubeSource
from tests.standins import YouTubeStandIn


@pytest.fixture
def source(youtube: YouTubeStandIn) -> Iterator[YouTubeSource]:
    source = YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file))
    yield source
    source.close()
