"""Whose turn it is to have a page of a playlist read, and on which permit."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from enrichment import limits, pump
from enrichment.limits import Permit
from enrichment.tests.holders import a_run
from importer.imports import expansion, reading
from importer.imports.models import Expansion, ImportBatch, Verdict
from importer.imports.playlist_turns import next_in_turn
from importer.imports.tests.test_expansion import OTHER, PLAYLIST, importing
from importer.tests.readings import ask_at_once, read_all, read_page, take_playlist
from tests.people import person
from tests.standins import YouTubeStandIn
from videos.models import VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture(autouse=True)
def youtube_is_there(youtube: YouTubeStandIn, settings: Any) -> None:
    ask_at_once(youtube, settings)


def test_owners_take_turns(video_list: VideoList, bob: Any) -> None:
    """Whoever pastes one playlist does not wait for all of somebody else's."""
    importing(video_list, PLAYLIST, OTHER)
    his = VideoList.objects.create(owner=bob, name="Bob's")
    importing(his, f"{PLAYLIST}b")
    owners = []
    for _ in range(2):
        taken = take_playlist(a_run())
        assert taken is not None
        owners.append(taken.item.batch.owner)
    assert owners == [video_list.owner, bob]
    assert take_playlist(a_run()) is None


def read_in_turn(pages: int) -> list[str]:
    """Whose pages were read, in order."""
    names = []
    for _ in range(pages):
        first = next_in_turn()
        assert first
        names.append(first.batch.owner.username)
        assert read_page()
    return names


def importing_for(name: str, playlist: str) -> ImportBatch:
    return importing(VideoList.objects.create(owner=person(name), name="L"), playlist)


def test_pages_go_round_between_owners(youtube: YouTubeStandIn) -> None:
    """Whoever comes later waits for a page or two, however long the other lists are."""
    youtube.catalogue.add_playlist(PLAYLIST, 1000)
    for name in ("ann", "ben", "cai"):
        importing_for(name, PLAYLIST)
    assert read_in_turn(5) == ["ann", "ben", "cai", "ann", "ben"]
    late = importing_for("dan", PLAYLIST)
    assert read_in_turn(5) == ["dan", "cai", "ann", "ben", "dan"]
    assert late.video_list.entries.count() == 200


def test_two_pages_are_read_at_once(youtube: YouTubeStandIn) -> None:
    """Whoever they belong to: enough processes remain for videos."""
    for name in ("ann", "ben", "cai"):
        importing_for(name, PLAYLIST)
    for _ in range(reading.PAGES_AT_ONCE):
        assert take_playlist(a_run())
    assert next_in_turn()
    assert reading.read_next_page(a_run()) == 0
    assert len(youtube.log.calls) == 0


def test_many_short_lists_are_one_owners_turns(youtube: YouTubeStandIn) -> None:
    """Also lists that cannot be read."""
    youtube.catalogue.add_playlist(OTHER, 300)
    youtube.catalogue.add_playlist(f"{PLAYLIST}1", 3)
    addresses = [f"{PLAYLIST}{number}" for number in range(1, 6)]
    importing(VideoList.objects.create(owner=person("ann"), name="A"), *addresses)
    importing_for("ben", OTHER)
    assert read_in_turn(6) == ["ann", "ben", "ann", "ben", "ann", "ben"]


@pytest.mark.skipif("sqlite" not in connection.settings_dict["ENGINE"], reason="test_plans.py")
def test_turns_do_not_cost_the_square_of_the_playlists() -> None:
    addresses = [f"{PLAYLIST[:-5]}{number:05}" for number in range(1000)]
    importing(VideoList.objects.create(owner=person("ann"), name="A"), *addresses)
    rounds: list[int] = []
    connection.connection.set_progress_handler(lambda: rounds.append(1), 1000)
    try:
        assert next_in_turn()
    finally:
        connection.connection.set_progress_handler(None, 0)
    assert len(rounds) < 200, "thousands of SQLite's instructions; 15 for each playlist"


def test_an_owners_playlists_go_round(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 300)
    youtube.catalogue.add_playlist(OTHER, 300)
    batch = importing(video_list, PLAYLIST, OTHER)
    for _ in range(4):
        assert read_page()
    assert list(Expansion.objects.order_by("pk").values_list("taken", flat=True)) == [200, 200]
    read_all()
    assert batch.items.filter(verdict=Verdict.EXPANDED).count() == 2
    assert video_list.entries.count() == 600


def test_a_first_page_may_use_the_reserve(youtube: YouTubeStandIn, settings: Any) -> None:
    """While the page whose turn it is has to leave it to people."""
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BURST = (youtube.proxy_url,), 5
    settings.YOUTUBE_BASE_DELAY = 100.0
    youtube.catalogue.add_playlist(PLAYLIST, 1000)
    importing_for("ann", PLAYLIST)
    assert read_all() == 2
    late = importing_for("ben", PLAYLIST)
    ImportBatch.objects.filter(pk=late.pk).update(turn_at=timezone.now() + timedelta(days=1))
    assert read_all() == 1
    assert late.video_list.entries.count() == 100


def test_a_page_goes_before_the_videos_of_large_imports(
    youtube: YouTubeStandIn, settings: Any
) -> None:
    """They ask more often, so it would wait for minutes."""
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BURST = (youtube.proxy_url,), 5
    settings.YOUTUBE_BASE_DELAY = 100.0
    youtube.catalogue.add_playlist(PLAYLIST, 1000)
    importing_for("ann", PLAYLIST)
    assert read_all() == 2
    assert pump.start_next(a_run()) == pump.TICK
    settings.YOUTUBE_BASE_DELAY = 0.0
    assert read_page()
    assert isinstance(pump.start_next(a_run()), pump.Started)


def test_a_message_twice_reads_one_page(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 300)
    importing(video_list, PLAYLIST)
    assert take_playlist(a_run("task-1"))
    importing_for("ben", OTHER)
    assert reading.read_next_page(a_run("task-1")) == 0
    assert len(youtube.log.calls) == 0


def test_a_refused_continuation_is_given_up(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    """It is asked for twice; then the list is read from its beginning, and nothing is doubled."""
    youtube.catalogue.add_playlist(PLAYLIST, 250)
    batch = importing(video_list, PLAYLIST)
    assert read_page()
    row = Expansion.objects.get()
    assert row.continuation
    Expansion.objects.update(continuation=row.continuation | {"token": "stale"})
    for kept in ("stale", None):
        assert read_all() == 1
        Expansion.objects.update(not_before=timezone.now())
        left = Expansion.objects.get().continuation
        assert (left and left["token"]) == kept
    assert read_all() == 3
    assert batch.items.exclude(video=None).count() == video_list.entries.count() == 250


def test_the_next_page_leaves_the_reserve_to_people(
    video_list: VideoList, youtube: YouTubeStandIn, settings: Any
) -> None:
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BURST = (youtube.proxy_url,), 5
    settings.YOUTUBE_BASE_DELAY = 100.0
    youtube.catalogue.add_playlist(PLAYLIST, 305)
    importing(video_list, PLAYLIST)
    assert read_all() == 2
    assert video_list.entries.count() == 200, "two of the five tokens"
    assert isinstance(limits.acquire_youtube(bulk=True), limits.Denied)
    assert isinstance(limits.acquire_youtube(bulk=False), Permit)


def test_a_reading_without_a_permit_costs_no_attempt(video_list: VideoList, settings: Any) -> None:
    """However long the lane has none, the playlist is read in the end."""
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BASE_DELAY, settings.YOUTUBE_BURST = (), 100.0, 1
    assert isinstance(limits.acquire_youtube(bulk=False), Permit)
    batch = importing(video_list, PLAYLIST)
    before = Expansion.objects.values().get()
    for _ in range(expansion.MAX_ATTEMPTS + 1):
        wait = reading.read_next_page(a_run())
        assert wait is not None
        assert 30 < wait <= 100
    assert Expansion.objects.values().get() == before
    assert batch.items.get().verdict == Verdict.EXPANDING
