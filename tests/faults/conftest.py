"""The fault suite: `make faults`, with TESTS=all whole, with FAULTS=full at full length.

`make test` passes it over, since it takes minutes.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.rig import Rig, rigged
from tests.standins import YouTubeStandIn
from tests.system import EAGER


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn) -> Iterator[Rig]:
    """As fast as its worker goes; a file whose fault needs another pace has a `running` of its
    own.
    """
    with rigged(youtube_process, EAGER) as rig:
        yield rig


@pytest.fixture
def rig(running: Rig, youtube: YouTubeStandIn, request: pytest.FixtureRequest) -> Rig:
    """The running installation, its YouTube clean; when a test is tried again, without the videos
    of its try before.
    """
    if getattr(request.node, "execution_count", 1) > 1:
        running.put_away_everything()
    return running


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    return None if any("faults" in argument for argument in config.args) else True
