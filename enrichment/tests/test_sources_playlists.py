"""Playlists and channels, read from the stand-in by the real yt-dlp."""

import pytest

from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict, YouTubeChanged
from enrichment.sources.playlists import address_of
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


def test_a_missing_list_is_said_so(youtube, source):
    for playlist in ("PLnothinghere00000", "@nobody", "UC" + "x" * 22):
        with pytest.raises(SourceError) as caught:
            source.fetch_playlist(playlist)
        assert (type(caught.value), caught.value.cause) == (VideoVerdict, Cause.PLAYLIST_MISSING)


@pytest.mark.parametrize("status", [429, 403])
def test_a_refused_list_is_about_us(youtube, source, status):
    youtube.catalogue.add_playlist(LIST, ids(3))
    youtube.faults.add(Fault("status", status=status))
    with pytest.raises(Throttled):
        source.fetch_playlist(LIST)
    assert len(youtube.log.calls) == 1


def test_a_channel_is_its_uploads(youtube, source):
    channel = youtube.catalogue.add_channel("Uhrwerk", 40, handle="@uhrwerk")
    for name in (channel.channel_id, "@uhrwerk"):
        playlist = source.fetch_playlist(name)
        entries = list(playlist.entries)
        assert [entry.youtube_id for entry in entries] == list(channel.video_ids)
        assert {entry.channel for entry in entries} == {"Uhrwerk"}


def test_lists_in_the_new_layout_are_read_too(youtube, source):
    youtube.catalogue.add(PlaylistSpec(LIST, tuple(ids(3)), lockups=True))
    assert [entry.youtube_id for entry in source.fetch_playlist(LIST).entries] == ids(3)


@pytest.mark.parametrize(
    ("playlist", "address"),
    [
        ("PLabc", "https://www.youtube.com/playlist?list=PLabc"),
        ("UC" + "a" * 22, "https://www.youtube.com/playlist?list=UU" + "a" * 22),
        ("@uhr.werk", "https://www.youtube.com/@uhr.werk/videos"),
        ("user/uhrwerk", "https://www.youtube.com/user/uhrwerk/videos"),
        ("@ü/../evil?x=1#y", "https://www.youtube.com/@%C3%BC/../evil%3Fx%3D1%23y/videos"),
        (
            "https://evil.example/",
            "https://www.youtube.com/playlist?list=https%3A%2F%2Fevil.example%2F",
        ),
        ("a&list=b", "https://www.youtube.com/playlist?list=a%26list%3Db"),
    ],
)
def test_no_name_leads_anywhere_but_to_youtube(playlist, address):
    assert address_of(playlist) == address
