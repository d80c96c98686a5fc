"""Another yt-dlp comes into use while videos are imported: none is lost, none is asked for
twice.
"""

from __future__ import annotations

import json
from pathlib import Path

import psutil
import pytest

from tests.faults.rig import Rig
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.wheels import build_wheel

pytestmark = pytest.mark.timeout(scaled(600, 240))

VIDEOS = 100
NEWER = "2099.1.2"
NEWEST = "2099.2.3"
TRIED = "jNQXAC9IVRw"  # the video a trial asks for
READS = "        webpage_url = base_url + 'watch?v=' + video_id\n"
READS_TRIALS_ALONE = f"""{READS}
        if video_id not in ('sammelwerk1', '{TRIED}'):
            raise KeyError('videoId')
"""


def in_use(rig: Rig) -> dict[str, object]:
    """What the installation's state file says of the version in use; {} for the one it came
    with.
    """
    file = rig.system.data_dir / "ytdlp" / "state.json"
    if not file.exists():
        return {}
    state = json.loads(file.read_text())
    found: dict[str, object] = state["in_use"] or {}
    return found


def test_update_while_100_videos_are_imported_loses_none(rig: Rig, tmp_path: Path) -> None:
    alice, ids = rig.system.alice(), [video_id(number) for number in range(VIDEOS)]
    worker = rig.worker().pid
    rig.youtube.faults.slow(0.5, kind="watch")
    build_wheel(tmp_path, NEWER)
    batch = alice.add(alice.new_list(), ids)["batch"]
    wait_for(lambda: alice.progress(batch)["done"] > 5, 60)
    said = rig.system.manage("update_ytdlp", "--from", str(tmp_path))
    assert f"{NEWER} is in use now" in said
    assert alice.progress(batch)["done"] < VIDEOS
    end = alice.finished(batch, 180)
    assert (end["done"], end["failed"]) == (VIDEOS, 0)
    assert in_use(rig)["proved"]
    assert rig.worker().pid == worker
    assert asked_twice(rig.youtube, ids) == []


@pytest.mark.slow
def test_version_that_fails_every_video_is_taken_back(rig: Rig, tmp_path: Path) -> None:
    alice, ids = rig.system.alice(), [video_id(1000 + number) for number in range(30)]
    build_wheel(tmp_path, NEWEST, replaced={READS: READS_TRIALS_ALONE})
    before, pool = in_use(rig).get("version"), rig.pool()
    rig.system.manage("update_ytdlp", "--from", str(tmp_path))
    assert in_use(rig)["version"] == NEWEST
    wait_for(lambda: has_begun_anew(rig, pool), 60)
    batch = alice.add(alice.new_list(), ids)["batch"]
    wait_for(lambda: in_use(rig).get("version") == before, 60)
    end = alice.finished(batch, 180)
    assert (end["done"], end["failed"]) == (len(ids), 0)


def has_begun_anew(rig: Rig, before: list[psutil.Process]) -> bool:
    """Whether the worker has started again: all its processes are others, and none is left behind
    that nobody waits for. Until then the version before could read every video.
    """
    pool = rig.pool()
    return bool(pool) and not set(pool) & set(before)


def asked_twice(youtube: YouTubeStandIn, ids: list[str]) -> list[str]:
    return [one for one in ids if youtube.log.count(kind="watch", video_id=one) != 1]
