"""Playlists and channels, read from the stand-in by the real yt-dlp."""

import pytest

from enrichment.errors import (
    ListCutShort,
    NetworkBlip,
    SourceError,
    Throttled,
    VideoVerdict,
    YouTubeChanged,
)
from enrichment.sources.playlists import list_page, page_of
from tests.standins import Failure, Fault, PlaylistSpec, VideoSpec, video_id
from videos.causes import Cause

LIST = "PLstandin0123456789"


def ids(count):
    return [video_id(number) for number in range(count)]


def test_a_short_playlist_is_read_whole(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(3), title="Uhren", channel="Uhrwerk")
    youtube.catalogue.change(video_id(0), title="Erste", channel="Kanal", duration=61)
    playlist = source.fetch_playlist(LIST)
    assert (playlist.title, playlist.count) == ("Uhren", 3)
    entries = list(playlist.entries)
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
    entries = list(source.fetch_playlist(LIST).entries)
    assert [entry.gone for entry in entries] == [None, "private", "deleted", None]
    assert (entries[1].title, entries[1].duration) == ("", None)


@pytest.mark.slow
def test_a_long_playlist_comes_page_by_page(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    entries = source.fetch_playlist(LIST).entries
    first = next(entries)
    asked = len(youtube.log.calls)
    assert first.youtube_id == video_id(0)
    assert asked <= 2
    assert [entry.youtube_id for entry in entries] == ids(250)[1:]
    assert len(youtube.log.calls) <= 4


def test_skip_and_limit_choose_a_part(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    assert [
        entry.youtube_id for entry in source.fetch_playlist(LIST, skip=95, limit=10).entries
    ] == ids(250)[95:105]
    youtube.log.reset()
    assert len(list(source.fetch_playlist(LIST, limit=10).entries)) == 10
    assert len(youtube.log.calls) <= 2


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
def test_a_page_that_fails_leaves_what_was_read(youtube, source, fault, kind, cause):
    youtube.catalogue.add_playlist(LIST, ids(250))
    entries = source.fetch_playlist(LIST).entries
    read = [next(entries).youtube_id]
    youtube.faults.add(fault)
    with pytest.raises(SourceError) as caught:
        read.extend(entry.youtube_id for entry in entries)
    assert (type(caught.value), caught.value.cause) == (kind, cause)
    assert read == ids(250)[: len(read)]
    assert len(read) >= 100


def test_missing_list_or_channel_is_said(youtube, source):
    for playlist, cause in (
        ("PLnothinghere00000", Cause.PLAYLIST_MISSING),
        ("@nobody", Cause.CHANNEL_MISSING),
        ("UC" + "x" * 22, Cause.CHANNEL_MISSING),
    ):
        with pytest.raises(SourceError) as caught:
            source.fetch_playlist(playlist)
        assert (type(caught.value), caught.value.cause) == (VideoVerdict, cause)


@pytest.mark.parametrize("status", [429, 403])
def test_a_refused_list_is_about_us(youtube, source, status):
    youtube.catalogue.add_playlist(LIST, ids(3))
    youtube.faults.add(Fault("status", status=status))
    with pytest.raises(Throttled):
        source.fetch_playlist(LIST)
    assert len(youtube.log.calls) == 1


def test_every_name_of_a_channel_brings_its_uploads(youtube, source):
    channel = youtube.catalogue.add_channel(
        "Uhrwerk", 40, handle="@uhrwerk", shorts=tuple(ids(3)), streams=(video_id(9),)
    )
    for name in (channel.channel_id, "@uhrwerk", "c/Uhrwerk", "user/uhrwerk"):
        entries = list(source.fetch_playlist(name).entries)
        assert [entry.youtube_id for entry in entries] == list(channel.uploads)
        assert {entry.channel for entry in entries[:40]} == {"Uhrwerk"}


def test_channel_without_videos_tab_brings_what_it_has(youtube, source):
    channel = youtube.catalogue.add_channel("Kurz", (), handle="@kurz", shorts=tuple(ids(3)))
    for name in (channel.channel_id, "@kurz"):
        read = [entry.youtube_id for entry in source.fetch_playlist(name).entries]
        assert read == ids(3)


def test_channel_of_another_region_is_followed(youtube, source):
    youtube.catalogue.add_channel("Weltweit", 0, handle="@world", moved_to="@world-ch")
    channel = youtube.catalogue.add_channel("Schweiz", 2, handle="@world-ch")
    read = [entry.youtube_id for entry in source.fetch_playlist("@world").entries]
    assert read == list(channel.video_ids)


@pytest.mark.slow
def test_pasted_tab_brings_that_tab(youtube, source):
    channel = youtube.catalogue.add_channel(
        "Uhrwerk", 2, handle="@uhrwerk", shorts=tuple(ids(70)), streams=(video_id(99),)
    )
    for name in ("@uhrwerk", channel.channel_id):
        shorts = source.fetch_playlist(f"{name}/shorts")
        assert [entry.youtube_id for entry in shorts.entries] == ids(70)
        streams = source.fetch_playlist(f"{name}/streams")
        assert [entry.youtube_id for entry in streams.entries] == [video_id(99)]


def test_live_tab_brings_the_stream_that_runs(youtube, source):
    youtube.catalogue.add_channel("Uhrwerk", 2, handle="@uhrwerk", live=video_id(5))
    playlist = source.fetch_playlist("@uhrwerk/live")
    assert [entry.youtube_id for entry in playlist.entries] == [video_id(5)]


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
        list(source.fetch_playlist(source_name).entries)
    assert (type(caught.value), caught.value.cause) == (VideoVerdict, cause)


def test_removed_channel_given_by_id_is_said(youtube, source):
    channel = youtube.catalogue.add_channel("Gone", 3, handle="@gone", error=REMOVED)
    with pytest.raises(VideoVerdict) as caught:
        source.fetch_playlist(channel.channel_id)
    assert caught.value.cause == Cause.CHANNEL_REMOVED


def read_until_error(playlist):
    read = []
    with pytest.raises(SourceError) as caught:
        read.extend(entry.youtube_id for entry in playlist.entries)
    return read, caught.value


def test_page_that_never_comes_is_an_error(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(500))
    playlist = source.fetch_playlist(LIST)
    first = next(playlist.entries)
    youtube.faults.add(Fault("hollow", kind="browse"))
    read, error = read_until_error(playlist)
    assert [first.youtube_id, *read] == ids(100)
    assert (type(error), error.cause) == (YouTubeChanged, Cause.PLAYLIST_INCOMPLETE)


def test_list_that_ends_before_its_count_is_cut_short(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(500), ends_at=200)
    read, error = read_until_error(source.fetch_playlist(LIST))
    assert read == ids(200)
    assert (type(error), error.read, error.announced) == (ListCutShort, 200, 500)


def test_limit_below_the_count_cuts_nothing_short(youtube, source):
    youtube.catalogue.add_playlist(LIST, ids(250))
    assert len(list(source.fetch_playlist(LIST, limit=120).entries)) == 120


def test_lists_in_the_new_layout_are_read_too(youtube, source):
    youtube.catalogue.add(PlaylistSpec(LIST, tuple(ids(3)), lockups=True))
    assert [entry.youtube_id for entry in source.fetch_playlist(LIST).entries] == ids(3)


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
