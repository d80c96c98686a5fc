"""Many playlists at once, with the settings as they come: health, videos by hand and other people's
playlists beside them.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.faults.rig import Rig, rigged
from tests.faults.scale import FULL, scaled
from tests.installation import wait_for
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER, Caller

pytestmark = [pytest.mark.timeout(1500), pytest.mark.slow]

LONG = [f"PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8{letter}" for letter in "abcdefgh"]
SHORT = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8z"
LASTS = scaled(120, 50)  # seconds
EVERY = 15.0  # seconds between two videos by hand
PROMISED = 5.0  # seconds until such a video is complete
FIRST_CARDS = 10.0  # seconds until a second person's playlist shows its first ones


@pytest.fixture(scope="module")
def running(youtube_process: YouTubeStandIn) -> Iterator[Rig]:
    with rigged(youtube_process, {}) as rig:
        yield rig


def publish(youtube: YouTubeStandIn) -> None:
    """Eight long playlists and a short one."""
    for name in LONG:
        youtube.catalogue.add_playlist(name, 1500)
    youtube.catalogue.add_playlist(SHORT, 50)


def verdicts(rig: Rig, batch: int) -> dict[str, int]:
    """How many lines of this import have each verdict."""
    count = "SELECT verdict, count(*) FROM importer_importitem"
    return dict(rig.database.rows(f"{count} WHERE batch_id = {batch} GROUP BY verdict"))


def test_many_playlists_leave_room_for_a_video(rig: Rig) -> None:
    """Eight playlists are read; all the while `/healthz` is good, and a video by hand is complete
    at once.
    """
    publish(rig.youtube)
    alice, bob, carol = rig.system.alice(), rig.system.another(), rig.system.another()
    bobs, carols = bob.new_list(), carol.new_list()
    worker = rig.worker().pid
    eight = alice.add(alice.new_list(), LONG)["batch"]
    began = time.monotonic()
    unhealthy: list[tuple[int, dict[str, str]]] = []
    took: list[float] = []
    next_wish, wished = began + 3, 0.0
    batch: int | None = None
    pasted: float | None = None
    fifty = 0
    first_cards: float | None = None
    while time.monotonic() - began < LASTS or batch is not None:
        now = time.monotonic()
        health = rig.system.health()
        if set(health.values()) != {"ok"}:
            unhealthy.append((round(now - began), health))
        if pasted is None and now > began + 10:
            fifty = carol.add(carols, [SHORT])["batch"]
            pasted = now
        if pasted is not None and first_cards is None and carol.videos(carols):
            first_cards = now - pasted
        if batch is None and now >= next_wish:
            wished, next_wish = now, now + EVERY
            batch = bob.add(bobs, [video_id(9000 + len(took))])["batch"]
        elif batch is not None and bob.progress(batch)["state"] == "finished":
            took.append(now - wished)
            batch = None
        time.sleep(0.25)
    assert unhealthy == []
    assert max(took) <= PROMISED, took
    assert first_cards is not None
    assert first_cards <= FIRST_CARDS
    assert len(took) >= LASTS / EVERY - 2
    assert rig.worker().pid == worker
    assert verdicts(rig, fifty) == {"expanded": 1, "new": 50}
    assert "expanding" in verdicts(rig, eight)
    if FULL:  # at the pace that YouTube allows, some minutes
        wait_for(lambda: carol.progress(fifty)["state"] == "finished", 1200)
        assert alice.progress(eight)["state"] == "running"


def test_nine_people_wait_for_a_page_each(
    youtube_process: YouTubeStandIn, youtube: YouTubeStandIn
) -> None:
    """However long the lists of eight others are, the ninth's first videos are there in seconds."""
    publish(youtube)
    with rigged(youtube_process, {}) as rig:
        eight = [rig.system.another() for _ in LONG]
        for person, name in zip(eight, LONG, strict=True):
            person.add(person.new_list(), [name])

        def totals() -> list[int]:
            """How many videos each of the eight has."""
            return [newest_import(person)["total"] for person in eight]

        wait_for(lambda: min(totals()) > 0, 60)
        ninth = rig.system.another()
        batch = ninth.add(ninth.new_list(), [SHORT])["batch"]
        assert wait_for(lambda: ninth.progress(batch)["total"] == 50, 60) < FIRST_CARDS
        found = totals()
        assert max(found) <= min(found) + 200, found
        assert all(newest_import(person)["expanding"] for person in eight)


def newest_import(person: Caller) -> dict[str, Any]:
    return dict(person.call("GET", "/api/imports").json()["results"][0])


def test_fifty_of_another_person_end_before_the_eight(
    youtube_process: YouTubeStandIn, youtube: YouTubeStandIn
) -> None:
    """Imports take turns, video by video: whoever comes last with few is done first."""
    publish(youtube)
    with rigged(youtube_process, EAGER) as rig:
        alice, carol = rig.system.alice(), rig.system.another()
        eight = alice.add(alice.new_list(), LONG)["batch"]
        wait_for(lambda: alice.progress(eight)["total"] > 1000, 60)
        fifty = carol.finished(carol.add(carol.new_list(), [SHORT])["batch"], 120)
        assert (fifty["total"], fifty["done"]) == (50, 50)
        of_the_eight = alice.progress(eight)
        assert of_the_eight["state"] == "running"
        assert of_the_eight["done"] < of_the_eight["total"] / 2
