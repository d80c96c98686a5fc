"""The stand-in for YouTube is believed: unmodified yt-dlp and youtube-transcript-api see in it what
they see in the original.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import av
import pytest
from youtube_transcript_api import _errors as yta
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError

from tests.standins import (
    AudioSpec,
    CaptionSpec,
    Failure,
    PageStyle,
    VideoSpec,
    YouTubeStandIn,
    video_id,
)
from tests.standins.catalogue import Catalogue
from tests.standins.clients import extract, extract_list, extractor, get, transcript_api
from tests.standins.media import ENCODINGS, MediaStore
from tests.standins.samples import CLOCK, VIDEO
from tests.standins.speech import listen

PLAYLIST = "PLuhrwerk0000000000000000000000001"


# Videos


@pytest.mark.parametrize(
    "style",
    [PageStyle(), PageStyle(dedicated_script=False), PageStyle(weight=900_000, translations=True)],
)
def test_it_gives_all_metadata_in_one_request(youtube: YouTubeStandIn, style: PageStyle) -> None:
    youtube.style = style
    youtube.catalogue.add(CLOCK)
    with extractor(youtube) as client:
        found = extract(client, VIDEO)
    assert (found["title"], found["channel"], found["duration"]) == (
        CLOCK.title,
        CLOCK.channel,
        605,
    )
    assert found["description"] == CLOCK.description
    assert [(chapter["start_time"], chapter["title"]) for chapter in found["chapters"]] == [
        (0, "Worum es geht"),
        (61, "Der Anker"),
        (300, "Fragen"),
    ]
    assert (found["availability"], found["live_status"], found["channel_id"]) == (
        "public",
        "not_live",
        CLOCK.channel_id,
    )
    assert youtube.log.kinds() == {"watch": 1}
    assert [call.video_id for call in youtube.log.calls] == [VIDEO]


def test_it_weighs_what_a_real_page_weighs(youtube: YouTubeStandIn) -> None:
    youtube.style = PageStyle(weight=900_000, translations=True)
    page = get(youtube, f"https://www.youtube.com/watch?v={VIDEO}")
    assert 900_000 < len(page.content) < 1_100_000


def test_it_invents_every_other_video_the_same_each_time() -> None:
    ids = [video_id(number) for number in range(2000)]
    videos = [Catalogue().video(member) for member in ids]
    assert len(set(ids)) == 2000
    assert videos == [Catalogue().video(member) for member in ids]
    without = sum(not video.captions for video in videos)
    assert 120 < without < 280


def test_captions_are_listed_as_yt_dlp_knows_them(
    youtube: YouTubeStandIn,
) -> None:
    youtube.catalogue.add(CLOCK)
    with extractor(youtube) as client:
        found = extract(client, VIDEO)
        manual = _json3(client, found["subtitles"]["de"])
        rolling = _json3(client, found["automatic_captions"]["de-orig"])
    assert [event["segs"][0]["utf8"] for event in manual["events"]] == [
        "Guten <b>Abend</b> & hallo",
        "zweite\nZeile",
    ]
    spoken = [event for event in rolling["events"] if "segs" in event and not event.get("aAppend")]
    feeds = [event for event in rolling["events"] if event.get("aAppend")]
    assert all(event["segs"] == [{"utf8": "\n"}] for event in feeds)
    assert len(feeds) == len(spoken) - 1
    assert spoken[0]["tStartMs"] + spoken[0]["dDurationMs"] > spoken[1]["tStartMs"]


def test_it_gives_a_transcript_in_three_requests(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add(CLOCK)
    with transcript_api(youtube) as client:
        fetched = client.fetch(VIDEO, languages=["de"])
    assert [(cue.start, cue.duration, cue.text) for cue in fetched] == [
        (1.5, 2.0, "Guten Abend & hallo"),
        (4.0, 3.0, "zweite\nZeile"),
    ]
    assert not fetched.is_generated
    assert [call.kind for call in youtube.log.calls] == ["watch", "player", "timedtext"]


def test_captions_are_withheld_without_a_token_as_by_youtube(
    youtube: YouTubeStandIn,
) -> None:
    youtube.catalogue.change(
        VIDEO, captions=(CaptionSpec("de", needs_po_token=True), CaptionSpec("en", empty=True))
    )
    with extractor(youtube) as client:
        assert extract(client, VIDEO)["subtitles"] == {}
    with transcript_api(youtube) as api:
        with pytest.raises(yta.PoTokenRequired):
            api.fetch(VIDEO, languages=["de"])
        with pytest.raises(ParseError):
            api.fetch(VIDEO, languages=["en"])


def test_it_has_no_formats_for_children_except_on_the_page(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.change(VIDEO, made_for_kids=True, title="Kinderlied")
    with extractor(youtube) as client:
        assert extract(client, VIDEO)["title"] == "Kinderlied"
    with extractor(youtube, client="visionos") as client:
        assert "not available" in _verdict(client).orig_msg


# Verdicts

VERDICTS = {
    Failure.PRIVATE: "Private video. Sign in",
    Failure.PRIVATE_PLAIN: "This video is private",
    Failure.DELETED: "has been removed by the uploader",
    Failure.UNAVAILABLE: "Video unavailable. This video is unavailable",
    Failure.NOT_AVAILABLE: "This video is not available",
    Failure.TERMINATED: "account associated with this video has been terminated",
    Failure.COPYRIGHT: "copyright claim",
    Failure.RULES: "has been removed for violating",
    Failure.MEMBERS: "Join this channel",
    Failure.MEMBERS_LEVEL: "available to this channel's members on level",
    Failure.PREMIUM: "only available to Music Premium members",
    Failure.PAID: "requires payment",
    Failure.RENTAL: "requires payment to watch. Rent or buy",
    Failure.AGE: "Sign in to confirm your age",
    Failure.AGE_INAPPROPRIATE: "inappropriate for some users",
    Failure.GEO_SUBREASON: "not made this video available in your country",
    Failure.GEO_REASON: "not made this video available in your country",
    Failure.UPCOMING: "This live event will begin in 3 hours",
    Failure.UPCOMING_SOON: "This live event will begin in a few moments",
    Failure.PREMIERE: "Premieres in 3 hours",
    Failure.LIVE_ENDED: "recording is not available",
    Failure.PROCESSING: "We're processing this video",
    Failure.DRM: "DRM protected",
    Failure.BOT_CHECK: "Sign in to confirm you’re not a bot",
    Failure.CAPTCHA: "requiring a captcha challenge",
    Failure.SESSION_LIMIT: (
        "This content isn't available, try again later. The current session has been rate-limited"
    ),
}
NOT_REFUSED = {Failure.LIVE, Failure.NO_REASON}


@pytest.mark.parametrize("failure", sorted(VERDICTS))
def test_it_refuses_a_video_in_youtubes_words(youtube: YouTubeStandIn, failure: Failure) -> None:
    youtube.catalogue.change(
        VIDEO, failure=failure, starts_at=datetime.now(UTC) + timedelta(hours=3, minutes=1)
    )
    with extractor(youtube) as client:
        error = _verdict(client)
    assert VERDICTS[failure] in error.orig_msg
    assert error.expected
    assert isinstance(error, GeoRestrictedError) == (failure is Failure.GEO_SUBREASON)
    asked_twice = failure in {Failure.AGE, Failure.AGE_INAPPROPRIATE}
    assert youtube.log.kinds() == {"watch": 1, **({"player": 1} if asked_twice else {})}


def test_it_knows_a_refusal_for_every_failure() -> None:
    assert set(VERDICTS) | NOT_REFUSED == set(Failure)


def test_it_tells_that_a_video_is_live_and_when_one_begins(youtube: YouTubeStandIn) -> None:
    begins = datetime(2030, 5, 1, 18, tzinfo=UTC)
    youtube.catalogue.change(VIDEO, failure=Failure.LIVE)
    youtube.catalogue.change("hemmung_002", failure=Failure.UPCOMING, starts_at=begins)
    with extractor(youtube, ignore_no_formats_error=True) as client:
        assert extract(client, VIDEO)["live_status"] == "is_live"
        upcoming = extract(client, "hemmung_002")
    assert (upcoming["live_status"], upcoming["release_timestamp"]) == (
        "is_upcoming",
        begins.timestamp(),
    )


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (Failure.UNAVAILABLE, yta.VideoUnavailable),
        (Failure.AGE, yta.AgeRestricted),
        (Failure.BOT_CHECK, yta.RequestBlocked),
        (Failure.PRIVATE, yta.VideoUnplayable),
        (Failure.GEO_REASON, yta.VideoUnplayable),
        (Failure.SESSION_LIMIT, yta.VideoUnplayable),
        (Failure.LIVE, yta.TranscriptsDisabled),
    ],
)
def test_it_refuses_a_transcript_in_youtubes_words(
    youtube: YouTubeStandIn, failure: Failure, kind: type[Exception]
) -> None:
    youtube.catalogue.change(VIDEO, failure=failure)
    with transcript_api(youtube) as api, pytest.raises(kind) as caught:
        api.fetch(VIDEO)
    assert type(caught.value) is kind


# Lists


@pytest.mark.slow
@pytest.mark.parametrize("lockups", [False, True])
def test_it_pages_a_playlist_by_hundreds(youtube: YouTubeStandIn, lockups: bool) -> None:
    playlist = youtube.catalogue.add_playlist(PLAYLIST, 250, title="Uhren", lockups=lockups)
    with extractor(
        youtube, extract_flat="in_playlist", compat_opts=["no-youtube-unavailable-videos"]
    ) as client:
        found, entries = extract_list(client, f"playlist?list={PLAYLIST}")
    assert [entry["id"] for entry in entries] == list(playlist.video_ids)
    assert (found["title"], found["playlist_count"], found["channel"]) == (
        "Uhren",
        250,
        "A channel",
    )
    assert entries[7]["title"] == youtube.catalogue.video(playlist.video_ids[7]).title
    assert entries[7]["duration"] == youtube.catalogue.video(playlist.video_ids[7]).duration
    assert youtube.log.kinds() == {"playlist": 1, "browse": 2}


@pytest.mark.slow
def test_it_shows_hidden_videos_only_to_who_asks(youtube: YouTubeStandIn) -> None:
    ids = youtube.catalogue.add_playlist(PLAYLIST, 120).video_ids
    youtube.catalogue.change(ids[1], failure=Failure.PRIVATE)
    youtube.catalogue.change(ids[2], failure=Failure.DELETED)
    with extractor(
        youtube, extract_flat="in_playlist", compat_opts=["no-youtube-unavailable-videos"]
    ) as client:
        _, seen = extract_list(client, f"playlist?list={PLAYLIST}")
    with extractor(youtube, extract_flat="in_playlist") as client:
        _, everything = extract_list(client, f"playlist?list={PLAYLIST}")
    assert (len(seen), len(everything)) == (118, 120)
    assert [(entry["title"], entry["duration"]) for entry in everything[1:3]] == [
        ("[Private video]", None),
        ("[Deleted video]", None),
    ]


@pytest.mark.slow
def test_it_has_channels_with_tabs_and_uploads(youtube: YouTubeStandIn) -> None:
    channel = youtube.catalogue.add_channel(
        "Werkbank", 75, handle="@werkbank", streams=("hemmung_001",)
    )
    with extractor(
        youtube, extract_flat="in_playlist", compat_opts=["no-youtube-unavailable-videos"]
    ) as client:
        for path, count in (
            ("@werkbank/videos", 75),
            (f"channel/{channel.channel_id}/streams", 1),
            (f"playlist?list={channel.uploads_id}", 76),
        ):
            found, entries = extract_list(client, path)
            assert len(entries) == count
            assert found["channel"] == "Werkbank"
        _, tabs = extract_list(client, "@werkbank")
    assert len(tabs) == 2


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("playlist?list=PLnothing", "The playlist does not exist."),
        ("@nobody/videos", "HTTP Error 404"),
    ],
)
def test_it_has_no_list_that_was_not_added(youtube: YouTubeStandIn, path: str, text: str) -> None:
    with extractor(youtube) as client, pytest.raises(DownloadError, match=text):
        extract_list(client, path)


# Audio


@pytest.mark.slow
def test_it_serves_the_original_audio_in_the_promised_size(
    youtube: YouTubeStandIn, tmp_path: Path
) -> None:
    tracks = (AudioSpec("tr", "dubbed"), AudioSpec("de"), AudioSpec("de", "descriptive"))
    youtube.catalogue.add(VideoSpec(VIDEO, duration=1900, audio=tracks))
    options: dict[str, Any] = {
        "skip_download": False,
        "format": "ba/b",
        "format_sort": ["lang", "+size", "+br"],
        "fixup": "never",
        "noprogress": True,
    }
    with extractor(
        youtube, client="visionos", outtmpl=str(tmp_path / "%(id)s.%(ext)s"), **options
    ) as client:
        found = client.extract_info(f"https://www.youtube.com/watch?v={VIDEO}")
    (path,) = tmp_path.iterdir()
    recording = listen(path.read_bytes())
    assert recording is not None
    assert (recording.video_id, recording.language, recording.role) == (VIDEO, "de", "o")
    assert recording.duration == pytest.approx(1900, abs=0.1)
    assert path.stat().st_size == found["filesize"]
    assert youtube.log.count(kind="media") == 2, "in pieces of ten megabytes"


@pytest.mark.parametrize("itag", sorted(ENCODINGS))
def test_it_makes_audio_that_decodes(itag: int) -> None:
    store = MediaStore()
    with av.open(
        str(store.file(VideoSpec(VIDEO, duration=20), ENCODINGS[itag], AudioSpec("de")))
    ) as container:
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    store.close()
    assert seconds == pytest.approx(20, abs=0.1)


def _verdict(client: Any) -> ExtractorError:
    with pytest.raises(DownloadError) as caught:
        extract(client, VIDEO)
    error = caught.value.exc_info[1]
    assert isinstance(error, ExtractorError)
    return error


def _json3(client: Any, formats: list[dict[str, Any]]) -> dict[str, Any]:
    (url,) = [listed["url"] for listed in formats if listed["ext"] == "json3"]
    with client.urlopen(url) as answer:
        found: dict[str, Any] = json.load(answer)
    return found
