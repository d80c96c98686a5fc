"""Followed playlists and channels, read from the stand-in: what is new comes, what has gone is
said, and nothing is doubled or deleted.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from enrichment import recovery
from enrichment.sources.types import PlaylistEntry
from enrichment.tests.holders import NODE, a_run
from importer.following import checks
from importer.following import services as following
from importer.following.filters import is_wanted
from importer.following.models import Follow
from importer.imports import services
from importer.imports.models import Expansion, ImportBatch, ImportItem, Source, Verdict
from importer.imports.reading import PAGES_AT_ONCE
from importer.parsing import parse_lines
from importer.tests.readings import ask_at_once, read_all
from tests.standins import Failure, VideoSpec, YouTubeStandIn, lists, video_id
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.services import remove_entries

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PLAYLIST = "PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
CHANNEL = "https://www.youtube.com/@horology"
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def youtube_is_there(youtube: YouTubeStandIn, settings: Any) -> None:
    ask_at_once(youtube, settings)


def playlist(youtube: YouTubeStandIn, *numbers: int) -> None:
    youtube.catalogue.add_playlist(
        PLAYLIST, [video_id(n) for n in numbers], title="Clocks of Vienna"
    )


def followed(video_list: VideoList, text: str = PLAYLIST) -> Follow:
    """As a person follows it, its first import read, and checked once."""
    follow = following.start_following(video_list=video_list, text=text)
    read_all()
    checked(follow, timezone.now() + timedelta(hours=1))
    return follow


def checked(follow: Follow, now: datetime | None = None) -> Follow:
    """After one more check, by this clock."""
    follow.refresh_from_db()
    Follow.objects.filter(pk=follow.pk).update(next_at=Now())
    assert checks.check_next(a_run(), now=now or follow.next_at)
    follow.refresh_from_db()
    return follow


def listed(video_list: VideoList) -> set[str]:
    return set(video_list.entries.values_list("video__youtube_id", flat=True))


def gone(follow: Follow) -> dict[str, str]:
    return dict(follow.videos.exclude(gone_since=None).values_list("youtube_id", "gone_cause"))


def test_it_imports_what_is_there_and_then_what_is_new(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2)
    follow = followed(video_list)
    assert listed(video_list) == {video_id(1), video_id(2)}
    playlist(youtube, 3, 1, 2, 4)
    checked(follow)
    assert listed(video_list) == {video_id(n) for n in (1, 2, 3, 4)}
    batch = ImportBatch.objects.latest("pk")
    assert (batch.source, batch.items.count(), follow.brought) == (Source.FOLLOW, 2, 2)
    assert set(batch.items.values_list("verdict", flat=True)) == {Verdict.NEW}
    assert Video.objects.get(youtube_id=video_id(3)).title  # known for nothing
    assert (str(follow), follow.cause) == ("Clocks of Vienna", "")


def test_a_check_that_finds_nothing_leaves_no_import_behind(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2)
    follow = followed(video_list)
    before = (ImportBatch.objects.count(), ImportItem.objects.count())
    asked = follow.next_at
    began = timezone.now()
    checked(follow)
    assert (ImportBatch.objects.count(), ImportItem.objects.count()) == before
    assert (follow.brought, follow.checked_at) == (0, asked)
    assert began + DAY <= follow.next_at <= timezone.now() + DAY


def test_what_left_is_said_and_stays_in_the_list(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2, 3, 4)
    follow = followed(video_list)
    youtube.catalogue.add(VideoSpec(video_id(3), failure=Failure.PRIVATE))
    playlist(youtube, 1, 3, 4)
    when = checked(follow).checked_at
    assert gone(follow) == {video_id(2): "", video_id(3): "private"}
    assert follow.videos.get(youtube_id=video_id(2)).gone_since == when
    assert listed(video_list) == {video_id(n) for n in (1, 2, 3, 4)}
    checked(follow)
    assert follow.videos.get(youtube_id=video_id(2)).gone_since == when
    playlist(youtube, 1, 2, 4)
    checked(follow)
    assert video_id(2) not in gone(follow)  # it is back


def test_incomplete_reading_marks_nothing_as_gone(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2, 3)
    follow = followed(video_list)
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(4), video_id(1)], announced=4)
    now = timezone.now() + DAY
    checked(follow, now)
    assert gone(follow) == {}
    assert listed(video_list) == {video_id(n) for n in (1, 2, 3, 4)}
    assert follow.read_all_at == now, "YouTube has no more of it"
    assert follow.cause == Cause.PLAYLIST_INCOMPLETE
    assert follow.next_at < timezone.now() + timedelta(hours=2)
    playlist(youtube, 4, 1)
    checked(follow, now + DAY)
    assert set(gone(follow)) == {video_id(2), video_id(3)}
    assert follow.cause == ""


def test_what_the_owner_removed_does_not_come_back(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2)
    follow = following.start_following(video_list=video_list, text=PLAYLIST)
    read_all()
    remove_entries(video_list=video_list, video_ids=[Video.objects.get(youtube_id=video_id(2)).pk])
    checked(follow)
    checked(follow)
    assert listed(video_list) == {video_id(1)}
    assert ImportBatch.objects.count() == 1


def test_a_check_during_the_first_reading_doubles_nothing(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, *range(5))
    follow = following.start_following(video_list=video_list, text=PLAYLIST)
    checked(follow)
    assert read_all() == 1
    assert not Expansion.objects.exists()
    assert sorted(video_list.entries.values_list("video__youtube_id", flat=True)) == sorted(
        video_id(n) for n in range(5)
    )


@pytest.mark.slow
def test_only_a_channels_newest_page_is_read_within_a_week(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    numbers = list(range(130))
    youtube.catalogue.add_channel("Horology", [video_id(n) for n in numbers], handle="@horology")
    follow = followed(video_list, CHANNEL)
    assert follow.videos.count() == 130
    all_of_it = len(youtube.log.calls)
    youtube.catalogue.add_channel(
        "Horology", [video_id(n) for n in [500, *numbers[:120]]], handle="@horology"
    )
    checked(follow)
    assert video_id(500) in listed(video_list)
    before = len(youtube.log.calls)
    youtube.catalogue.add_channel(
        "Horology", [video_id(n) for n in [500, *numbers[:110]]], handle="@horology"
    )
    checked(follow)
    assert len(youtube.log.calls) - before < all_of_it / 2  # it was read twice until then
    assert gone(follow) == {}  # what was not looked at is not missed
    checked(follow, timezone.now() + timedelta(days=9))
    assert gone(follow).keys() == {video_id(n) for n in range(110, 130)}


def test_a_channel_is_read_down_to_a_known_page(
    video_list: VideoList, youtube: YouTubeStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pages of two; a private video makes no page new. What lies beyond a known page comes when
    all is read.
    """
    monkeypatch.setattr(lists, "PLAYLIST_PAGE", 2)
    youtube.catalogue.add(VideoSpec(video_id(2), failure=Failure.PRIVATE))

    def publish(*numbers: int) -> None:
        ids = [video_id(number) for number in numbers]
        youtube.catalogue.add_channel("Horology", ids, handle="@horology")

    publish(1, 2)
    follow = followed(video_list, CHANNEL)
    publish(1, 2, 3)
    checked(follow)
    assert listed(video_list) == {video_id(1)}
    publish(4, 1, 5, 2, 1, 2, 3)
    checked(follow)
    assert listed(video_list) == {video_id(n) for n in (1, 4, 5)}
    checked(follow, timezone.now() + checks.READ_ALL + DAY)
    assert listed(video_list) == {video_id(n) for n in (1, 3, 4, 5)}


# How a check may end, and whether all of the playlist was read.
READINGS = {
    "complete": (checks.Reading(complete=True), True),
    "ended early": (checks.Reading(reached_end=True), True),
    "broken off": (checks.Reading(), False),
}


@pytest.mark.parametrize("how", READINGS)
def test_only_a_reading_to_the_end_is_one_of_all(video_list: VideoList, how: str) -> None:
    reading, is_of_all = READINGS[how]
    follow = following.add_follow(video_list=video_list, text=PLAYLIST)
    now = due(follow)
    held = checks.claim(a_run())
    assert held
    checks._conclude(held, reading, now, wait=DAY)
    follow.refresh_from_db()
    assert follow.read_all_at == (now if is_of_all else None)


def test_a_missing_playlist_is_said_and_asked_for_again(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    youtube.catalogue.clear()
    when = timezone.now()
    checked(follow)
    assert follow.problem == "This playlist does not exist or is private."
    assert follow.next_at >= when + DAY
    assert gone(follow) == {}  # of a list nobody could read nothing is missed
    playlist(youtube, 1)
    assert checked(follow).problem == ""


def test_a_throttled_check_comes_again_and_forgets_nothing(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    when = timezone.now()
    rule = youtube.faults.status(429, retry_after=1800)
    checked(follow)
    assert follow.next_at >= when + timedelta(seconds=1800)
    assert (follow.next_at < when + DAY / 2, follow.problem, gone(follow)) == (True, "", {})
    assert follow.checked_at
    assert follow.checked_at < when + timedelta(hours=2), "this was no check"
    assert (follow.attempts, str(follow)) == (0, "Clocks of Vienna")
    rule.remove()


def test_a_broken_check_comes_again_in_some_minutes(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    youtube.faults.status(429)
    checked(follow)
    assert abs(follow.next_at - timezone.now() - checks.PAUSE) < timedelta(seconds=30)


def test_one_cause_is_asked_about_once_more_and_then_daily(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2)
    follow = followed(video_list)
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(1)], announced=4)
    for wait in (checks.AGAIN, DAY):
        checked(follow, timezone.now())
        assert follow.cause == Cause.PLAYLIST_INCOMPLETE
        assert abs(follow.next_at - timezone.now() - wait) < timedelta(seconds=30)


READ_IN_PART: dict[str, tuple[str, timedelta | None, bool]] = {
    "playlist": ("playlist", DAY, False),
    "new channel": ("channel", None, False),
    "channel of late": ("channel", checks.READ_ALL - DAY, True),
    "channel of long ago": ("channel", checks.READ_ALL + DAY, False),
}


@pytest.mark.parametrize("which", READ_IN_PART)
def test_only_a_channel_is_read_in_part(which: str) -> None:
    """And all of it once a week."""
    kind, ago, in_part = READ_IN_PART[which]
    now = timezone.now()
    follow = Follow(kind=kind, read_all_at=now - ago if ago else None)
    assert checks._is_read_in_part(follow, now) is in_part


@pytest.mark.parametrize(("pages", "may_check"), [(1, True), (2, False)])
def test_imports_are_read_before_follows(
    video_list: VideoList, youtube: YouTubeStandIn, pages: int, may_check: bool
) -> None:
    """Two pages are read at once, whoever reads them."""
    assert PAGES_AT_ONCE == 2
    playlist(youtube, 1)
    follow = followed(video_list)
    batch = ImportBatch.objects.get()
    for number in range(pages):
        item = ImportItem.objects.create(
            batch=batch, number=90 + number, line=9, verdict=Verdict.EXPANDING
        )
        held = {"holder": f"run {number}", "lease_until": timezone.now() + DAY}
        Expansion.objects.create(
            item=item, batch=batch, line=9, top=1, not_before=timezone.now(), **held
        )
    due(follow)
    assert bool(checks.claim(a_run())) == may_check


def due(follow: Follow) -> datetime:
    """Make it due. Answers the moment."""
    now = timezone.now()
    Follow.objects.filter(pk=follow.pk).update(next_at=now)
    return now


def test_only_one_run_reads_and_a_dead_one_loses_its_hold(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    now = due(follow)
    mine = checks.claim(a_run())
    assert mine is not None
    assert checks.claim(a_run()) is None
    assert not checks.check_next(a_run(), now=now)
    Follow.objects.update(lease_until=now - timedelta(seconds=1))
    assert recovery.sweep() == 1
    later = now + DAY
    assert checks.check_next(a_run(), now=later)
    follow.refresh_from_db()
    assert follow.checked_at == later
    checks._conclude(mine, checks.Reading(), now, wait=DAY)  # the dead one was only slow
    follow.refresh_from_db()
    assert (follow.checked_at, gone(follow)) == (later, {})


@pytest.mark.parametrize(
    "forget", [lambda: recovery.forget_node("one@host"), lambda: recovery.forget_run("task-1")]
)
def test_what_a_dead_one_read_is_due_at_once(
    video_list: VideoList, youtube: YouTubeStandIn, forget: Callable[[], int]
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    now = due(follow)
    dead = checks.claim(a_run("task-1", node="one@host"))
    assert dead is not None
    assert recovery.forget_node("two@host") + recovery.forget_run("task-2") == 0
    assert not checks.check_next(a_run(node="two@host"), now=now)
    assert forget() == 1
    assert checks.check_next(a_run(node="two@host"), now=now)
    # It was only slow.
    checks._conclude(dead, checks.Reading(), now, wait=DAY * 9, cause=Cause.INTERNAL)
    follow.refresh_from_db()
    assert follow.next_at < now + 2 * DAY
    assert (follow.cause, follow.attempts) == ("", 0)


def test_one_that_kills_its_worker_waits_for_its_next_date(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    now = due(follow)
    for _ in range(checks.MAX_ATTEMPTS):
        assert checks.claim(a_run())
        recovery.forget_node(NODE)
    asked = len(youtube.log.calls)
    assert checks.check_next(a_run(), now=now)
    follow.refresh_from_db()
    assert (len(youtube.log.calls), follow.cause) == (asked, "internal")
    assert follow.next_at >= now + DAY
    assert checked(follow).cause == ""


def test_a_last_attempt_is_still_made(video_list: VideoList, youtube: YouTubeStandIn) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    now = due(follow)
    for _ in range(checks.MAX_ATTEMPTS - 1):
        assert checks.claim(a_run())
        recovery.forget_node(NODE)
    assert checks.check_next(a_run(), now=now)
    follow.refresh_from_db()
    assert (follow.cause, follow.checked_at) == ("", now)


def test_each_that_has_gone_has_its_own_cause(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1, 2, 3)
    follow = followed(video_list)
    youtube.catalogue.add(VideoSpec(video_id(1), failure=Failure.PRIVATE))
    youtube.catalogue.add(VideoSpec(video_id(2), failure=Failure.DELETED))
    checked(follow)
    assert gone(follow) == {video_id(1): Cause.PRIVATE, video_id(2): Cause.UNAVAILABLE}


def test_nothing_is_read_for_a_closed_account_or_a_deleted_list(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    video_list.owner.is_active = False
    video_list.owner.save()
    due(follow)
    assert not checks.check_next(a_run(), now=timezone.now())
    video_list.owner.is_active = True
    video_list.owner.save()
    VideoList.objects.update(deleted_at=timezone.now())
    assert not checks.check_next(a_run(), now=timezone.now())


def test_a_look_on_demand_is_due_at_once_but_not_twice(
    video_list: VideoList, youtube: YouTubeStandIn
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    Follow.objects.update(checked_at=timezone.now() - timedelta(minutes=1))
    follow.refresh_from_db()
    assert not following.check_now(follow=follow)
    Follow.objects.update(checked_at=timezone.now() - timedelta(minutes=6))
    follow.refresh_from_db()
    assert following.check_now(follow=follow)
    assert follow.next_at <= timezone.now()
    assert checks.claim(a_run())
    assert not following.check_now(follow=follow), "it is being read"
    recovery.forget_node(NODE)
    assert checks.check_next(a_run(), now=timezone.now())


def test_the_first_check_comes_after_the_first_import(video_list: VideoList) -> None:
    before = timezone.now()
    follow = following.add_follow(video_list=video_list, text=PLAYLIST, every_hours=168)
    assert before + following.FIRST <= follow.next_at <= timezone.now() + following.FIRST
    assert (follow.every_hours, follow.attempts) == (168, 0)


@pytest.mark.parametrize(("hours", "comes_sooner"), [(1, True), (168, False)])
def test_a_new_rhythm_holds_from_now_on(
    video_list: VideoList, hours: int, comes_sooner: bool
) -> None:
    follow = following.add_follow(video_list=video_list, text=PLAYLIST)
    later = timezone.now() + timedelta(hours=20)
    Follow.objects.update(next_at=later)
    follow.refresh_from_db()
    following.set_rhythm(follow=follow, every_hours=hours)
    follow.refresh_from_db()
    assert follow.every_hours == hours
    assert (follow.next_at < later) == comes_sooner


def test_only_what_can_be_followed_is(video_list: VideoList) -> None:
    """Of the lines of an import; what the list follows already counts once."""
    text = f"{PLAYLIST}\n{CHANNEL}\n{PLAYLIST}\nhttps://youtu.be/{video_id(1)}\nnonsense"
    lines = list(parse_lines(text))
    assert following.follow_lines(video_list=video_list, lines=lines) == 2
    assert Follow.objects.count() == 2


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("https://youtu.be/dQw4w9WgXcQ", "This is a single video, not a playlist or channel."),
        ("https://www.youtube.com/playlist?list=WL", None),
        ("https://example.org/playlist?list=PL1", None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_it_follows_nothing_else(video_list: VideoList, text: str, why: str | None) -> None:
    with pytest.raises(following.NotFollowed) as refused:
        following.start_following(video_list=video_list, text=text)
    assert str(refused.value) == why if why else str(refused.value)
    assert (Follow.objects.count(), ImportBatch.objects.count()) == (0, 0)


def test_a_list_follows_each_once_and_a_user_fifty(video_list: VideoList) -> None:
    following.start_following(
        video_list=video_list, text=f"https://www.youtube.com/watch?v=dQw4w9WgXcQ&list={PLAYLIST}"
    )
    with pytest.raises(following.NotFollowed, match="already"):
        following.start_following(video_list=video_list, text=PLAYLIST)
    moment = timezone.now()
    Follow.objects.bulk_create(
        Follow(video_list=video_list, kind="playlist", source=f"PL{n}", next_at=moment)
        for n in range(49)
    )
    with pytest.raises(following.NotFollowed, match="50"):
        following.start_following(video_list=video_list, text=f"{PLAYLIST}x")
    assert ImportBatch.objects.count() == 1
    services.cancel_batch(batch=ImportBatch.objects.get())


def test_what_others_follow_counts_for_them(video_list: VideoList, bob: Any) -> None:
    moment = timezone.now()
    Follow.objects.bulk_create(
        Follow(video_list=video_list, kind="playlist", source=f"PL{n}", next_at=moment)
        for n in range(following.MAX_FOLLOWS)
    )
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    assert following.add_follow(video_list=theirs, text=PLAYLIST).pk


def test_a_refused_import_follows_nothing(video_list: VideoList, settings: Any) -> None:
    settings.USER_MAX_IMPORTS_A_DAY = 1
    following.start_following(video_list=video_list, text=PLAYLIST)
    with pytest.raises(following.NotFollowed, match="1 import a day"):
        following.start_following(video_list=video_list, text=CHANNEL)
    assert [follow.source for follow in Follow.objects.all()] == [PLAYLIST]


def test_a_title_is_for_what_it_was_read_of(alice: Any, video_list: VideoList) -> None:
    other_list = VideoList.objects.create(owner=alice, name="Other")
    follow = following.add_follow(video_list=video_list, text=PLAYLIST)
    following.add_follow(video_list=video_list, text=CHANNEL)
    following.add_follow(video_list=other_list, text=PLAYLIST)
    following.name_follow(video_list_id=video_list.pk, source=PLAYLIST, title="Clocks of Vienna")
    assert Follow.objects.get(title="Clocks of Vienna") == follow


@pytest.mark.slow
def test_a_check_of_a_long_playlist_takes_few_queries(
    video_list: VideoList, youtube: YouTubeStandIn, django_assert_max_num_queries: Any
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, 130)
    follow = followed(video_list)
    with django_assert_max_num_queries(23):
        checked(follow)


def test_follow_has_its_title_with_the_first_import(
    youtube: YouTubeStandIn, video_list: VideoList
) -> None:
    """Before the first check, which comes ten minutes later."""
    playlist(youtube, 1, 2)
    follow = following.start_following(video_list=video_list, text=PLAYLIST)
    assert str(follow) == PLAYLIST
    read_all()
    follow.refresh_from_db()
    assert (str(follow), follow.checked_at) == ("Clocks of Vienna", None)


@pytest.mark.parametrize(
    ("chosen", "comes"),
    [
        ({}, True),
        ({"title_words": "watch clock"}, True),
        ({"title_words": "CLOCK"}, True),
        ({"title_words": "cooking"}, False),
        ({"shortest": 5}, True),
        ({"shortest": 6}, False),
        ({"longest": 5}, True),
        ({"longest": 4}, False),
        ({"without_shorts": True}, True),
    ],
)
def test_filters_let_in_by_title_and_length(chosen: dict[str, Any], comes: bool) -> None:
    entry = PlaylistEntry(video_id(1), title="A clock of Vienna", duration=300)
    assert is_wanted(Follow(**chosen), entry) is comes


def test_shorts_are_kept_out_and_unknown_lengths_come() -> None:
    follow = Follow(without_shorts=True, shortest=10)
    assert not is_wanted(Follow(without_shorts=True), PlaylistEntry(video_id(1), duration=180))
    assert is_wanted(Follow(without_shorts=True), PlaylistEntry(video_id(1), duration=181))
    assert is_wanted(follow, PlaylistEntry(video_id(1), duration=None))


def test_filtered_videos_are_passed_over_for_good(
    youtube: YouTubeStandIn, video_list: VideoList
) -> None:
    playlist(youtube, 1)
    follow = followed(video_list)
    following.choose_filters(
        follow=follow, title_words="nothing", shortest=None, longest=None, without_shorts=False
    )
    playlist(youtube, 1, 2)
    assert checked(follow).brought == 0
    following.choose_filters(
        follow=follow, title_words="", shortest=None, longest=None, without_shorts=False
    )
    assert checked(follow).brought == 0
    assert video_list.entries.count() == 1


def test_what_lies_beyond_the_limit_is_not_gone(
    video_list: VideoList, youtube: YouTubeStandIn, settings: Any
) -> None:
    playlist(youtube, 1, 2, 3)
    follow = followed(video_list)
    settings.MAX_BATCH_LINES = 2
    checked(follow)
    assert gone(follow) == {}
    settings.MAX_BATCH_LINES = 4
    playlist(youtube, 1, 2)
    checked(follow)
    assert set(gone(follow)) == {video_id(3)}
