"""Fixtures for any test: put `pytest_plugins = ["tests.standins.fixtures"]` into the root
conftest.py, then ask for `youtube` or `groq`.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.standins.groq import GroqStandIn
from tests.standins.youtube import YouTubeStandIn


@pytest.fixture(scope="session")
def youtube_process() -> Iterator[YouTubeStandIn]:
    """One stand-in with three ways out for the whole session; use `youtube`, which hands it over
    clean.
    """
    with YouTubeStandIn(ways=3) as stand_in:
        yield stand_in


@pytest.fixture
def youtube(youtube_process: YouTubeStandIn) -> Iterator[YouTubeStandIn]:
    """YouTube as this test wants it: nothing but invented videos, no faults, an empty log."""
    youtube_process.reset()
    yield youtube_process
    youtube_process.faults.clear()


@pytest.fixture(scope="session")
def groq_process() -> Iterator[GroqStandIn]:
    """One stand-in for the whole session; use `groq`."""
    with GroqStandIn() as stand_in:
        yield stand_in


@pytest.fixture
def groq(groq_process: GroqStandIn) -> Iterator[GroqStandIn]:
    """Groq without faults and with an empty log."""
    groq_process.reset()
    yield groq_process
    groq_process.faults.clear()
