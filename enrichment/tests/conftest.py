"""For every test of this folder that asks: the worker's bench, a real source that talks to the
stand-in for YouTube, and audio files.
"""

from collections.abc import Iterator

import pytest

from enrichment.sources.youtube import YouTubeSource
from enrichment.tests.pipeline_bench import bench
from tests.standins import YouTubeStandIn
from tests.standins.media import MediaStore

__all__ = ["bench", "source"]


@pytest.fixture
def source(youtube: YouTubeStandIn) -> Iterator[YouTubeSource]:
    source = YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file))
    yield source
    source.close()


@pytest.fixture(scope="session")
def store() -> Iterator[MediaStore]:
    media = MediaStore()
    yield media
    media.close()
