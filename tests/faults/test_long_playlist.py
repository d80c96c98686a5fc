"""A playlist of thousands: there in waves, with few requests and little memory, and whole after a
kill in the middle.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator

import psutil
import pytest

from tests.faults.rig import Rig
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.system import Caller
from tests.tiers import some_first

pytestmark = pytest.mark.timeout(scaled(600, 180))
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8P"
LONG, PAGE = scaled(5000, 1000), 100
PLACES = 3  # at YouTube, for one way out
PAGES = ("browse", "playlist")  # what is asked for a playlist, as against a video


@pytest.fixture
def alice(rig: Rig) -> Iterator[Caller]:
    """Whatever she imports here, the next test finds none of it going on."""
    caller = rig.system.alice()
    yield caller
    for batch in caller.call("GET", "/api/imports").json()["results"]:
        caller.call("POST", f"/api/imports/{batch['id']}/cancel")
    wait_for(lambda: rig.database.value("SELECT count(*) FROM importer_expansion") == 0)


def asked(rig: Rig) -> int:
    return sum(rig.youtube.log.count(kind=kind) for kind in PAGES)


def largest_process(rig: Rig) -> float:
    """MB of the largest process of the worker."""
    sizes = [0]
    for process in (rig.worker(), *rig.pool()):
        with contextlib.suppress(psutil.Error):
            sizes.append(process.memory_info().rss)
    return max(sizes) / 1e6


def start(rig: Rig, caller: Caller, playlist: str, *, within: float = 2) -> tuple[int, int]:
    """The list and its import, once the first cards are there."""
    rig.youtube.catalogue.add_playlist(playlist, LONG)
    list_id = caller.new_list()
    batch = caller.add(list_id, [playlist])["batch"]
    assert (
        wait_for(lambda: bool(caller.call("GET", f"/api/lists/{list_id}/videos").json()["results"]))
        < within
    )  # seconds
    return list_id, batch


def read_to_its_end(
    caller: Caller, batch: int, meanwhile: Callable[[], None] = lambda: None
) -> None:
    give_up = time.monotonic() + 400
    while caller.progress(batch)["expanding"]:
        assert time.monotonic() < give_up
        meanwhile()
        time.sleep(0.2)


def test_a_long_playlist_shows_cards_at_once_and_costs_little(rig: Rig, alice: Caller) -> None:
    sizes = [0.0]
    list_id, batch = start(rig, alice, PLAYLIST + "s")
    read_to_its_end(alice, batch, lambda: sizes.append(largest_process(rig)))
    assert asked(rig) <= LONG // PAGE + 2
    assert max(sizes) < 250
    assert (
        rig.database.value(
            f"SELECT count(DISTINCT video_id) FROM videos_listentry WHERE video_list_id = {list_id}"
        )
        == LONG
    )


def wait_for_more(caller: Caller, batch: int, *, than: int) -> float:
    """Seconds it took until the import had more videos."""
    return wait_for(lambda: caller.progress(batch)["total"] > than, 80)


def kill_worker(rig: Rig, batch: int) -> None:
    rig.system.kill("worker")


def kill_reader(rig: Rig, batch: int) -> None:
    rig.reader_of(batch).kill()


@pytest.mark.parametrize(
    ("kill", "times", "name"),
    some_first([(kill_worker, 1, "t"), (kill_reader, PLACES, "v")], 1),
)
def test_a_killed_reading_goes_on_within_seconds_and_is_whole(
    rig: Rig, alice: Caller, kill: Callable[[Rig, int], None], times: int, name: str
) -> None:
    """A reader as often as there are places at YouTube: one that a dead one kept would be
    missed.
    """
    slow = rig.youtube.faults.slow(2.0, kind="browse")
    list_id, batch = start(rig, alice, PLAYLIST + name, within=30)
    for kills in range(1, times + 1):
        wait_for_more(alice, batch, than=kills * PAGE)
        kill(rig, batch)
        before = alice.progress(batch)
        assert before["expanding"] == 1, "it was killed too late"
        assert (
            wait_for_more(alice, batch, than=before["total"]) < 40
        )  # seconds; its lease would have held for 90
    slow.remove()
    read_to_its_end(alice, batch)
    entries = rig.database.rows(
        "SELECT count(*), count(DISTINCT video_id) FROM videos_listentry "
        f"WHERE video_list_id = {list_id}"
    )
    items = rig.database.rows(
        "SELECT count(*), count(DISTINCT video_id) FROM importer_importitem "
        f"WHERE batch_id = {batch}"
    )
    assert (entries, items) == (
        [(LONG, LONG)],
        [(LONG + 1, LONG)],
    )  # the playlist's own line brought no video


def test_cancelled_it_asks_for_at_most_one_more_page(rig: Rig, alice: Caller) -> None:
    rig.youtube.faults.slow(0.2, kind="browse")
    _list_id, batch = start(rig, alice, PLAYLIST + "u")
    before = asked(rig)
    alice.call("POST", f"/api/imports/{batch}/cancel")
    after = asked(rig)
    wait_for(lambda: rig.database.value("SELECT count(*) FROM importer_expansion") == 0)
    time.sleep(1)  # long enough for five pages
    assert asked(rig) <= max(before, after) + 1
