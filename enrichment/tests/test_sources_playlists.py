"""Playlists and channels, read from the stand-in by the real yt-dlp."""

import json
from contextlib import closing
from dataclasses import replace

import pytest

from enrichment.errors import (
    NetworkBlip,
    SourceError,
    Throttled,
    VideoVerdict,
    YouTubeChanged,
)
from enrichment.sources.playlists import list_page, page_of
from enrichment.sources.types import Continuation
from enrichment.sources.youtube import YouTubeSource
from tests.standins import Failure, Fault, PlaylistSpec, VideoSpec, video_id
from videos.causes import Cause

LIST = "PLstandin0123456789"


def ids(count):
    return [video_id(number) for number in range(count)]


def another(youtube):
    """A source as another process has it."""
    return YouTubeSource(proxy=youtube.proxy_url, ca_file=str(youtube.ca_file))


def pages_of(source, playlist):
    """All pages of a list, one after the other."""
    pages = [source.fetch_list_page(playlist)]
    while pages[-1].continuation:
        pages.append(source.fetch_list_page(playlist, pages[-1].continuation))
    return pages


def entries_of(source, playlist):
    return [entry for page in pages_of(source, playlist) for entry in page.entries]


def ids_of(source, playlist):
    return [entry.youtube_id for entry in entries_of(source, playlist)]


def test_a_short_playlist_is_read_whole(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(3), title="Uhren", channel="Uhrwerk")
    youtube.catalogue.change(video_id(0), title="Erste", channel="Kanal", duration=61)
    page = source.fetch_list_page(LIST)
    assert (page.title, page.announced, page.continuation) == ("Uhren", 3, None)
    entries = page.entries
    assert [entry.youtube_id for entry in entries] == ids(3)
    assert (entries[0].title, entries[0].channel, entries[0].duration, entries[0].gone) == (
        "Erste",
        "Kanal",
        61,
        None,
    )
    assert len(youtube.log.calls) <= 2


def test_hidden_videos_are_marked_and_stay_in_their_place(youtube, source):
    youtube.catalogue.add(
        VideoSpec(video_id(1), failure=Failure.PRIVATE),
        VideoSpec(video_id(2), failure=Failure.DELETED),
    )
    youtube.catalogue.add_playlist(LIST, ids(4))
    entries = entries_of(source, LIST)
    assert [entry.gone for entry in entries] == [None, "private", "deleted", None]
    assert (entries[1].title, entries[1].duration) == ("", None)


def test_a_long_playlist_comes_page_by_page(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250), title="Uhren", channel="Uhrwerk")
    pages = pages_of(source, LIST)
    assert [len(page.entries) for page in pages] == [100, 100, 50]
    assert [entry.youtube_id for page in pages for entry in page.entries] == ids(250)
    assert [page.title for page in pages] == ["Uhren", "", ""]
    assert [page.announced for page in pages] == [250, 250, 250]
    assert len(youtube.log.calls) <= 4


def test_first_page_asks_for_no_other(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    source.fetch_list_page(LIST)
    assert len(youtube.log.calls) <= 2


@pytest.mark.parametrize("kind", ["playlist", "tab"])
def test_another_process_goes_on_where_one_stopped(youtube, source, kind):
    """All it has is what was stored, and it asks for the next page alone."""
    youtube.catalogue.add_playlist(LIST, ids(250), channel="Uhrwerk")
    youtube.catalogue.add_channel("Uhrwerk", 2, handle="@uhrwerk", shorts=tuple(ids(70)))
    name = {"playlist": LIST, "tab": "@uhrwerk/shorts"}[kind]
    first = source.fetch_list_page(name)
    stored = json.loads(json.dumps(first.continuation.as_json()))
    asked = len(youtube.log.calls)
    with closing(another(youtube)) as other:
        second = other.fetch_list_page(name, Continuation(**stored))
    assert len(youtube.log.calls) == asked + 1
    count = len(first.entries)
    assert [entry.youtube_id for entry in second.entries] == ids(2 * count)[count:]


def test_next_page_is_asked_as_the_visitor_of_the_first(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    continuation = source.fetch_list_page(LIST).continuation
    with closing(another(youtube)) as other, pytest.raises(SourceError):
        other.fetch_list_page(LIST, replace(continuation, session={}))


def test_next_page_is_asked_as_the_visitor_of_the_last_one(youtube, source):
    """YouTube gives another name with each page, and has led old ones in circles."""
    youtube.catalogue.add_playlist(LIST, ids(350))
    visitors = [page.continuation.session["VISITOR_DATA"] for page in pages_of(source, LIST)[:-1]]
    assert visitors[1:] == ["visitor-of-100", "visitor-of-200"]
    assert visitors[0] not in visitors[1:]


def test_stale_continuation_is_an_error(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    continuation = source.fetch_list_page(LIST).continuation
    with pytest.raises(SourceError) as caught:
        source.fetch_list_page(LIST, replace(continuation, token="stale"))
    assert not isinstance(caught.value, Throttled | NetworkBlip)


def test_page_that_leads_to_itself_is_the_last(youtube, source):
    youtube.catalogue.add(PlaylistSpec(LIST, tuple(ids(250)), circles=True))
    pages = pages_of(source, LIST)
    assert [len(page.entries) for page in pages] == [100, 100]
    assert (pages[-1].read, pages[-1].is_cut_short) == (200, True)


def test_a_first_page_after_a_broken_one_is_one_page(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    continuation = source.fetch_list_page(LIST).continuation
    source.client().tab.page_behind(continuation.token, continuation.session)  # never read
    assert len(source.fetch_list_page(LIST).entries) == 100


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        (Fault("status", status=429, kind="browse", retry_after=60), Throttled, Cause.THROTTLED),
        (Fault("status", status=500, kind="browse"), NetworkBlip, Cause.YOUTUBE_DOWN),
        (Fault("reset", kind="browse"), NetworkBlip, Cause.NETWORK),
        (Fault("html", kind="browse"), YouTubeChanged, Cause.YOUTUBE_CHANGED),
    ],
    ids=str,
)
def test_a_page_that_fails_can_be_asked_for_again(youtube, source, fault, kind, cause):
    youtube.catalogue.add_playlist(LIST, ids(250))
    continuation = source.fetch_list_page(LIST).continuation
    rule = youtube.faults.add(fault)
    with pytest.raises(SourceError) as caught:
        source.fetch_list_page(LIST, continuation)
    assert (type(caught.value), caught.value.cause) == (kind, cause)
    rule.remove()
    page = source.fetch_list_page(LIST, continuation)
    assert [entry.youtube_id for entry in page.entries] == ids(200)[100:]


def test_missing_list_or_channel_is_said(youtube, source):
    for playlist, cause in (
        ("PLnothinghere00000", Cause.PLAYLIST_MISSING),
        ("@nobody", Cause.CHANNEL_MISSING),
        ("UC" + "x" * 22, Cause.CHANNEL_MISSING),
    ):
        with pytest.raises(SourceError) as caught:
            source.fetch_list_page(playlist)
        assert (type(caught.value), caught.value.cause) == (VideoVerdict, cause)


@pytest.mark.parametrize("status", [429, 403])
def test_a_refused_list_is_about_us(youtube, source, status):
    youtube.catalogue.add_playlist(LIST, ids(3))
    youtube.faults.add(Fault("status", status=status))
    with pytest.raises(Throttled):
        source.fetch_list_page(LIST)
    assert len(youtube.log.calls) == 1


def test_every_name_of_a_channel_brings_its_uploads(youtube, source):
    channel = youtube.catalogue.add_channel(
        "Uhrwerk", 40, handle="@uhrwerk", shorts=tuple(ids(3)), streams=(video_id(9),)
    )
    for name in (channel.channel_id, "@uhrwerk", "c/Uhrwerk", "user/uhrwerk"):
        entries = entries_of(source, name)
        assert [entry.youtube_id for entry in entries] == list(channel.uploads)
        assert {entry.channel for entry in entries[:40]} == {"Uhrwerk"}


def test_channel_without_videos_tab_brings_what_it_has(youtube, source):
    channel = youtube.catalogue.add_channel("Kurz", (), handle="@kurz", shorts=tuple(ids(3)))
    for name in (channel.channel_id, "@kurz"):
        read = ids_of(source, name)
        assert read == ids(3)


def test_channel_of_another_region_is_followed(youtube, source):
    youtube.catalogue.add_channel("Weltweit", 0, handle="@world", moved_to="@world-ch")
    channel = youtube.catalogue.add_channel("Schweiz", 2, handle="@world-ch")
    read = ids_of(source, "@world")
    assert read == list(channel.video_ids)


@pytest.mark.slow
def test_pasted_tab_brings_that_tab(youtube, source):
    channel = youtube.catalogue.add_channel(
        "Uhrwerk", 2, handle="@uhrwerk", shorts=tuple(ids(70)), streams=(video_id(99),)
    )
    for name in ("@uhrwerk", channel.channel_id):
        assert ids_of(source, f"{name}/shorts") == ids(70)
        assert ids_of(source, f"{name}/streams") == [video_id(99)]


def test_live_tab_brings_the_stream_that_runs(youtube, source):
    youtube.catalogue.add_channel("Uhrwerk", 2, handle="@uhrwerk", live=video_id(5))
    assert ids_of(source, "@uhrwerk/live") == [video_id(5)]


REMOVED = "This channel was removed because it violated our Community Guidelines."


@pytest.mark.parametrize(
    ("source_name", "cause"),
    [
        ("@quiet/shorts", Cause.TAB_MISSING),
        ("@quiet/live", Cause.NOT_LIVE),
        ("@gone", Cause.CHANNEL_REMOVED),
        ("@empty", Cause.PLAYLIST_EMPTY),
        ("PLsecret0123456789", Cause.PLAYLIST_PRIVATE),
        ("PLempty01234567890", Cause.PLAYLIST_EMPTY),
    ],
)
def test_list_that_cannot_be_read_has_its_own_words(youtube, source, source_name, cause):
    youtube.catalogue.add_channel("Quiet", 3, handle="@quiet")
    youtube.catalogue.add_channel("Gone", 3, handle="@gone", error=REMOVED)
    youtube.catalogue.add_channel("Empty", 0, handle="@empty")
    youtube.catalogue.add_playlist("PLsecret0123456789", 3, error="This playlist is private.")
    youtube.catalogue.add_playlist("PLempty01234567890", 0)
    with pytest.raises(SourceError) as caught:
        entries_of(source, source_name)
    assert (type(caught.value), caught.value.cause) == (VideoVerdict, cause)


def test_removed_channel_given_by_id_is_said(youtube, source):
    channel = youtube.catalogue.add_channel("Gone", 3, handle="@gone", error=REMOVED)
    with pytest.raises(VideoVerdict) as caught:
        source.fetch_list_page(channel.channel_id)
    assert caught.value.cause == Cause.CHANNEL_REMOVED


def test_page_that_never_comes_is_an_error(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(500))
    continuation = source.fetch_list_page(LIST).continuation
    youtube.faults.add(Fault("hollow", kind="browse"))
    with pytest.raises(YouTubeChanged) as caught:
        source.fetch_list_page(LIST, continuation)
    assert caught.value.cause == Cause.PLAYLIST_INCOMPLETE


def test_list_that_ends_before_its_count_is_cut_short(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(500), ends_at=200)
    pages = pages_of(source, LIST)
    assert [entry.youtube_id for page in pages for entry in page.entries] == ids(200)
    assert not any(page.is_cut_short for page in pages[:-1])
    last = pages[-1]
    assert (last.is_cut_short, last.read, last.announced) == (True, 200, 500)


def test_lists_in_the_new_layout_are_read_too(youtube, source):
    youtube.catalogue.add(PlaylistSpec(LIST, tuple(ids(3)), lockups=True))
    assert ids_of(source, LIST) == ids(3)


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        (list_page("PLabc"), "https://www.youtube.com/playlist?list=PLabc"),
        (page_of("UC" + "a" * 22), "https://www.youtube.com/channel/UC" + "a" * 22),
        (page_of("@uhr.werk"), "https://www.youtube.com/@uhr.werk"),
        (page_of("user/uhrwerk"), "https://www.youtube.com/user/uhrwerk"),
        (page_of("@ü/../evil?x=1#y"), "https://www.youtube.com/@%C3%BC/../evil%3Fx%3D1%23y"),
        (
            list_page("https://evil.example/"),
            "https://www.youtube.com/playlist?list=https%3A%2F%2Fevil.example%2F",
        ),
        (list_page("a&list=b"), "https://www.youtube.com/playlist?list=a%26list%3Db"),
    ],
)
def test_no_name_leads_anywhere_but_to_youtube(address, expected):
    assert address == expected
