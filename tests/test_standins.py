"""The stand-ins are believed: unmodified yt-dlp, youtube-transcript-api and groq see in them what they see in the originals."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import av
import groq as groq_sdk
import pytest
import requests
from youtube_transcript_api import _errors as yta
from yt_dlp.utils import DownloadError, ExtractorError, GeoRestrictedError

from tests.standins import (
    AudioSpec,
    CaptionSpec,
    ChapterSpec,
    Cue,
    Failure,
    Fault,
    GroqStandIn,
    PageStyle,
    VideoSpec,
    YouTubeStandIn,
    video_id,
    words_between,
)
from tests.standins.catalogue import Catalogue
from tests.standins.clients import extract, extract_list, extractor, transcript_api
from tests.standins.demo import DEMO_PLAYLIST_ID
from tests.standins.faults import Faults
from tests.standins.media import ENCODINGS, MediaStore
from tests.standins.process import StandInProcess
from tests.standins.speech import listen

pytest_plugins = ["tests.standins.fixtures"]

VIDEO = "hemmung_001"
PLAYLIST = "PLuhrwerk0000000000000000000000001"
CLOCK = VideoSpec(
    VIDEO,
    title='Die "Ankerhemmung" </script> & mehr',
    channel="Atelier Hemmung",
    duration=605,
    description="Über Anker.\n\nUnd Räder.",
    chapters=(ChapterSpec(0, "Worum es geht"), ChapterSpec(61, "Der Anker"), ChapterSpec(300, "Fragen")),
    captions=(
        CaptionSpec("de", cues=(Cue(1.5, 2, "Guten <b>Abend</b> & hallo"), Cue(4, 3, "zweite\nZeile"))),
        CaptionSpec("de", auto=True),
    ),
)


# Videos


@pytest.mark.parametrize("style", [PageStyle(), PageStyle(dedicated_script=False), PageStyle(weight=900_000, translations=True)])
def test_it_gives_all_metadata_in_one_request(youtube: YouTubeStandIn, style: PageStyle) -> None:
    youtube.style = style
    youtube.catalogue.add(CLOCK)
    with extractor(youtube) as client:
        found = extract(client, VIDEO)
    assert (found["title"], found["channel"], found["duration"]) == (CLOCK.title, CLOCK.channel, 605)
    assert found["description"] == CLOCK.description
    assert [(chapter["start_time"], chapter["title"]) for chapter in found["chapters"]] == [
        (0, "Worum es geht"),
        (61, "Der Anker"),
        (300, "Fragen"),
    ]
    assert (found["availability"], found["live_status"], found["channel_id"]) == ("public", "not_live", CLOCK.channel_id)
    assert youtube.log.kinds() == {"watch": 1}
    assert [call.video_id for call in youtube.log.calls] == [VIDEO]


def test_it_weighs_what_a_real_page_weighs(youtube: YouTubeStandIn) -> None:
    youtube.style = PageStyle(weight=900_000, translations=True)
    page = _get(youtube, f"https://www.youtube.com/watch?v={VIDEO}")
    assert 900_000 < len(page.content) < 1_100_000


def test_it_invents_every_other_video_the_same_each_time() -> None:
    ids = [video_id(number) for number in range(2000)]
    videos = [Catalogue().video(member) for member in ids]
    assert len(set(ids)) == 2000
    assert videos == [Catalogue().video(member) for member in ids]
    without = sum(not video.captions for video in videos)
    assert 120 < without < 280


def test_it_lists_manual_and_automatic_captions_as_yt_dlp_knows_them(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add(CLOCK)
    with extractor(youtube) as client:
        found = extract(client, VIDEO)
        manual = _json3(client, found["subtitles"]["de"])
        rolling = _json3(client, found["automatic_captions"]["de-orig"])
    assert [event["segs"][0]["utf8"] for event in manual["events"]] == ["Guten <b>Abend</b> & hallo", "zweite\nZeile"]
    spoken = [event for event in rolling["events"] if "segs" in event and not event.get("aAppend")]
    feeds = [event for event in rolling["events"] if event.get("aAppend")]
    assert all(event["segs"] == [{"utf8": "\n"}] for event in feeds)
    assert len(feeds) == len(spoken) - 1
    assert spoken[0]["tStartMs"] + spoken[0]["dDurationMs"] > spoken[1]["tStartMs"]


def test_it_gives_a_transcript_in_three_requests(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add(CLOCK)
    with transcript_api(youtube) as client:
        fetched = client.fetch(VIDEO, languages=["de"])
    assert [(cue.start, cue.duration, cue.text) for cue in fetched] == [(1.5, 2.0, "Guten Abend & hallo"), (4.0, 3.0, "zweite\nZeile")]
    assert not fetched.is_generated
    assert [call.kind for call in youtube.log.calls] == ["watch", "player", "timedtext"]


def test_it_withholds_captions_without_a_token_the_way_youtube_does(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.change(VIDEO, captions=(CaptionSpec("de", needs_po_token=True), CaptionSpec("en", empty=True)))
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
    Failure.SESSION_LIMIT: "This content isn't available, try again later. The current session has been rate-limited",
}
NOT_REFUSED = {Failure.LIVE, Failure.NO_REASON}


@pytest.mark.parametrize("failure", sorted(VERDICTS))
def test_it_refuses_a_video_in_youtubes_words(youtube: YouTubeStandIn, failure: Failure) -> None:
    youtube.catalogue.change(VIDEO, failure=failure, starts_at=datetime.now(UTC) + timedelta(hours=3, minutes=1))
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
    assert (upcoming["live_status"], upcoming["release_timestamp"]) == ("is_upcoming", begins.timestamp())


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
def test_it_refuses_a_transcript_in_youtubes_words(youtube: YouTubeStandIn, failure: Failure, kind: type[Exception]) -> None:
    youtube.catalogue.change(VIDEO, failure=failure)
    with transcript_api(youtube) as api, pytest.raises(kind) as caught:
        api.fetch(VIDEO)
    assert type(caught.value) is kind


# Lists


@pytest.mark.parametrize("lockups", [False, True])
def test_it_pages_a_playlist_by_hundreds(youtube: YouTubeStandIn, lockups: bool) -> None:
    playlist = youtube.catalogue.add_playlist(PLAYLIST, 250, title="Uhren", lockups=lockups)
    with extractor(youtube, extract_flat="in_playlist", compat_opts=["no-youtube-unavailable-videos"]) as client:
        found, entries = extract_list(client, f"playlist?list={PLAYLIST}")
    assert [entry["id"] for entry in entries] == list(playlist.video_ids)
    assert (found["title"], found["playlist_count"], found["channel"]) == ("Uhren", 250, "A channel")
    assert entries[7]["title"] == youtube.catalogue.video(playlist.video_ids[7]).title
    assert entries[7]["duration"] == youtube.catalogue.video(playlist.video_ids[7]).duration
    assert youtube.log.kinds() == {"playlist": 1, "browse": 2}


def test_it_shows_hidden_videos_only_to_who_asks(youtube: YouTubeStandIn) -> None:
    ids = youtube.catalogue.add_playlist(PLAYLIST, 120).video_ids
    youtube.catalogue.change(ids[1], failure=Failure.PRIVATE)
    youtube.catalogue.change(ids[2], failure=Failure.DELETED)
    with extractor(youtube, extract_flat="in_playlist", compat_opts=["no-youtube-unavailable-videos"]) as client:
        _, seen = extract_list(client, f"playlist?list={PLAYLIST}")
    with extractor(youtube, extract_flat="in_playlist") as client:
        _, everything = extract_list(client, f"playlist?list={PLAYLIST}")
    assert (len(seen), len(everything)) == (118, 120)
    assert [(entry["title"], entry["duration"]) for entry in everything[1:3]] == [("[Private video]", None), ("[Deleted video]", None)]


def test_it_has_channels_with_tabs_and_uploads(youtube: YouTubeStandIn) -> None:
    channel = youtube.catalogue.add_channel("Werkbank", 75, handle="@werkbank", streams=("hemmung_001",))
    with extractor(youtube, extract_flat="in_playlist", compat_opts=["no-youtube-unavailable-videos"]) as client:
        for path, count in (
            ("@werkbank/videos", 75),
            (f"channel/{channel.channel_id}/streams", 1),
            (f"playlist?list={channel.uploads_id}", 75),
        ):
            found, entries = extract_list(client, path)
            assert len(entries) == count
            assert found["channel"] == "Werkbank"
        _, tabs = extract_list(client, "@werkbank")
    assert len(tabs) == 2


@pytest.mark.parametrize(
    ("path", "text"), [("playlist?list=PLnothing", "The playlist does not exist."), ("@nobody/videos", "HTTP Error 404")]
)
def test_it_has_no_list_that_was_not_added(youtube: YouTubeStandIn, path: str, text: str) -> None:
    with extractor(youtube) as client, pytest.raises(DownloadError, match=text):
        extract_list(client, path)


# Audio


def test_it_serves_the_original_audio_in_the_promised_size(youtube: YouTubeStandIn, tmp_path: Path) -> None:
    tracks = (AudioSpec("tr", "dubbed"), AudioSpec("de"), AudioSpec("de", "descriptive"))
    youtube.catalogue.add(VideoSpec(VIDEO, duration=1900, audio=tracks))
    options: dict[str, Any] = {
        "skip_download": False,
        "format": "ba/b",
        "format_sort": ["lang", "+size", "+br"],
        "fixup": "never",
        "noprogress": True,
    }
    with extractor(youtube, client="visionos", outtmpl=str(tmp_path / "%(id)s.%(ext)s"), **options) as client:
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
    with av.open(str(store.file(VideoSpec(VIDEO, duration=20), ENCODINGS[itag], AudioSpec("de")))) as container:
        seconds = sum(frame.samples / frame.sample_rate for frame in container.decode(audio=0))
    store.close()
    assert seconds == pytest.approx(20, abs=0.1)


# Trouble


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        (Fault("status"), "Failed to extract any player response"),
        (Fault("status", status=403), "Failed to extract any player response"),
        (Fault("status", status=500), "HTTP Error 500"),
        (Fault("captcha"), "Failed to extract any player response"),
        (Fault("consent"), "Failed to extract any player response"),
        (Fault("empty"), "Failed to extract any player response"),
        (Fault("hang"), "timed out"),
        (Fault("reset"), "Remote end closed connection|Connection reset"),
        (Fault("cut"), "more expected"),
        (Fault("verdict", failure=Failure.BOT_CHECK), "not a bot"),
    ],
    ids=str,
)
def test_it_makes_the_trouble_yt_dlp_knows(youtube: YouTubeStandIn, fault: Fault, text: str) -> None:
    youtube.faults.add(fault)
    with extractor(youtube, timeout=0.2) as client, pytest.raises(DownloadError, match=text):
        extract(client, VIDEO)
    assert youtube.log.calls[0].fault == str(fault)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (Fault("status"), yta.IpBlocked),
        (Fault("status", kind="timedtext"), yta.IpBlocked),
        (Fault("captcha", kind="watch"), yta.IpBlocked),
        (Fault("status", status=500), yta.YouTubeRequestFailed),
        (Fault("empty", kind="timedtext"), ParseError),
        (Fault("verdict", failure=Failure.BOT_CHECK), yta.RequestBlocked),
        (Fault("hang"), requests.ReadTimeout),
    ],
    ids=lambda value: str(value) if isinstance(value, Fault) else "",
)
def test_it_makes_the_trouble_the_transcript_client_knows(youtube: YouTubeStandIn, fault: Fault, kind: type[Exception]) -> None:
    youtube.catalogue.add(CLOCK)
    youtube.faults.add(fault)
    with transcript_api(youtube, timeout=0.2) as api, pytest.raises(kind):
        api.fetch(VIDEO, languages=["de"])


def test_it_lets_a_client_pass_that_consented(youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add(CLOCK)
    youtube.faults.add(Fault("consent", kind="watch"))
    with transcript_api(youtube) as api:
        assert len(api.fetch(VIDEO, languages=["de"])) == 2


def test_it_says_how_long_to_wait(youtube: YouTubeStandIn) -> None:
    youtube.faults.status(429, retry_after=37)
    answer = _get(youtube, f"https://www.youtube.com/watch?v={VIDEO}")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "37")


def test_it_bans_one_way_out_and_leaves_the_other(youtube: YouTubeStandIn) -> None:
    youtube.faults.status(429, way=0)
    url = f"https://www.youtube.com/watch?v={VIDEO}"
    assert [_get(youtube, url, way=way).status_code for way in (0, 1)] == [429, 200]
    assert [call.way for call in youtube.log.calls] == [0, 1]


def test_it_can_be_dead_and_come_back(youtube: YouTubeStandIn) -> None:
    url = f"https://www.youtube.com/watch?v={VIDEO}"
    youtube.kill_way(1)
    with pytest.raises(requests.exceptions.ProxyError):
        _get(youtube, url, way=1)
    assert _get(youtube, url, way=0).status_code == 200
    youtube.revive_way(1)
    assert _get(youtube, url, way=1).status_code == 200


def test_it_lets_go_of_what_hangs_when_the_rule_ends(youtube: YouTubeStandIn) -> None:
    rule = youtube.faults.hang(times=1)
    with requests.Session() as session:
        _through(session, youtube)
        with pytest.raises(requests.exceptions.RequestException):
            session.get(f"https://www.youtube.com/watch?v={VIDEO}", timeout=0.1)
    rule.remove()
    assert youtube.log.wait(1, status=0)


def test_it_refuses_every_host_but_youtubes(youtube: YouTubeStandIn) -> None:
    for url in ("https://example.org/", "https://169.254.169.254/latest/", "https://youtube.com.example.org/", "http://localhost/"):
        with requests.Session() as session:
            _through(session, youtube)
            try:
                assert session.get(url, timeout=5).status_code == 403
            except requests.exceptions.ProxyError as error:
                assert "403" in str(error)  # noqa: PT017  # a tunnel is refused by an error, a plain request by its answer
    assert youtube.log.count(kind="refused", status=403) == 4


def test_its_rules_hold_for_a_time_a_number_and_a_quota() -> None:
    now = [100.0]
    faults = Faults(clock=lambda: now[0])

    def strikes(kind: str = "watch", member: str = VIDEO, way: int = 0) -> bool:
        return faults.meet(kind, member, way).rule is not None

    faults.status(429, after=10, lasts=20, every=100)
    assert [(now.__setitem__(0, moment), strikes())[1] for moment in (100, 110, 129, 130, 209, 210, 231)] == [
        False,
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    faults.clear()
    faults.status(429, kind=("player", "watch"), video_id=VIDEO, times=2)
    assert [strikes("next"), strikes(member="other"), strikes(), strikes("player"), strikes()] == [False, False, True, True, False]
    faults.clear()
    faults.quota(2, window=60, kind="watch")
    assert [strikes(), strikes(), strikes(), strikes(way=1), strikes("media")] == [False, False, True, False, False]
    now[0] += 61
    assert [strikes(), strikes(), strikes()] == [False, False, True]


def test_its_log_counts_what_runs_at_once(youtube: YouTubeStandIn) -> None:
    first = youtube.log.begin(kind="watch", video_id=None, way=0, method="GET", url="")
    second = youtube.log.begin(kind="watch", video_id=None, way=0, method="GET", url="")
    youtube.log.end(first, 200)
    third = youtube.log.begin(kind="watch", video_id=None, way=0, method="GET", url="")
    youtube.log.end(second, 200)
    assert youtube.log.most_at_once(kind="watch") == 2
    assert [call.number for call in youtube.log.calls] == [1, 2, 3]
    assert third.status is None
    with pytest.raises(TimeoutError, match="'watch': 3"):
        youtube.log.wait(4, timeout=0.01)


# Groq


def test_it_hears_every_word_of_an_upload(groq: GroqStandIn, clip: bytes) -> None:
    answer = _transcribe(groq, clip)
    assert answer.text.split() == words_between(0, 120)
    assert [segment["start"] for segment in answer.segments[:3]] == pytest.approx([0, 5, 10])
    assert groq.uploads[0].video_id == VIDEO
    assert groq.log.kinds() == {"transcription": 1}


def test_it_hears_where_a_copied_chunk_begins(groq: GroqStandIn, clip: bytes) -> None:
    chunk = _copy(clip, start=40, end=70)
    answer = _transcribe(groq, chunk)
    assert answer.text.split() == words_between(41, 70)
    assert groq.uploads[0].start == pytest.approx(40.03, abs=0.05)
    assert answer.segments[0]["start"] < 1, "in the chunk's own time"


@pytest.mark.parametrize(
    ("fault", "kind", "status"),
    [
        (Fault("status", retry_after=9), groq_sdk.RateLimitError, 429),
        (Fault("status", status=401), groq_sdk.AuthenticationError, 401),
        (Fault("status", status=500), groq_sdk.InternalServerError, 500),
    ],
    ids=str,
)
def test_it_makes_the_trouble_groq_makes(groq: GroqStandIn, fault: Fault, kind: type[groq_sdk.APIStatusError], status: int) -> None:
    groq.faults.add(fault)
    with pytest.raises(kind) as caught:
        _transcribe(groq, b"")
    assert caught.value.status_code == status
    assert caught.value.response.headers.get("retry-after") == (str(fault.retry_after) if fault.retry_after else None)


def test_it_checks_the_key_the_size_and_the_file(groq: GroqStandIn) -> None:
    with pytest.raises(groq_sdk.AuthenticationError):
        _transcribe(groq, b"", key="wrong")
    with pytest.raises(groq_sdk.BadRequestError):
        _transcribe(groq, b"no audio")
    with pytest.raises(groq_sdk.APIStatusError) as caught:
        _transcribe(groq, bytes(25 * 1024 * 1024 + 1))
    assert type(caught.value) is groq_sdk.APIStatusError
    assert caught.value.status_code == 413


def test_it_answers_a_page_or_nothing_when_told(groq: GroqStandIn, clip: bytes) -> None:
    groq.faults.add(Fault("html", times=1))
    assert isinstance(_transcribe(groq, clip), str)
    groq.faults.hang()
    with pytest.raises(groq_sdk.APITimeoutError):
        _transcribe(groq, clip, timeout=0.2)


# As a process


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandInProcess]:
    with StandInProcess(tmp_path_factory.mktemp("standins"), "--ways", "2", "--demo", "--latency-ms", "1") as running:
        yield running


def test_it_can_be_steered_from_outside(process: StandInProcess) -> None:
    session = requests.Session()
    session.trust_env, session.verify = False, process.state["ca_file"]
    session.proxies = {"https": process.state["proxies"][1]}
    url = f"https://www.youtube.com/watch?v={VIDEO}"
    process.control("POST", "videos", {"video_id": VIDEO, "title": "Von außen", "captions": [{"language": "de", "cues": []}]})
    number = process.control("POST", "faults", {"act": "status", "status": 503, "way": 1})["id"]
    assert session.get(url, timeout=5).status_code == 503
    process.control("DELETE", f"faults/{number}")
    assert "Von außen" in session.get(url, timeout=5).text
    session.close()
    assert [call["status"] for call in process.control("GET", "calls?kind=watch")] == [503, 200]
    with pytest.raises(urllib.error.HTTPError, match="400") as caught:
        process.control("POST", "faults", {"act": "status", "colour": "red"})
    caught.value.close()


def test_it_has_a_demo_with_every_state(process: StandInProcess) -> None:
    session = requests.Session()
    session.trust_env, session.verify = False, process.state["ca_file"]
    session.proxies = {"https": process.state["proxies"][0]}
    page = session.get(f"https://www.youtube.com/playlist?list={DEMO_PLAYLIST_ID}", timeout=5).text
    session.close()
    ids = [part[:11] for part in page.split('"videoId":"')[1:]]
    videos = [process.control("GET", f"videos/{member}") for member in ids]
    assert len(videos) == 57, "60 without the hidden ones"
    assert {video["failure"] for video in videos} >= {None, "geo_subreason", "members", "age", "upcoming"}
    assert sum(not video["captions"] for video in videos) == 5
    with urllib.request.urlopen(f"{process.state['control']}/vi/{ids[0]}/hqdefault.jpg", timeout=5) as picture:
        assert picture.headers["Content-Type"] == "image/svg+xml"


def test_it_ends_with_its_parent(tmp_path: Path) -> None:
    script = (
        "import subprocess, sys, time, pathlib\n"
        f"subprocess.Popen([sys.executable, '-m', 'tests.standins', '--state', {str(tmp_path)!r}])\n"
        f"while not pathlib.Path({str(tmp_path)!r}, 'standins.json').exists(): time.sleep(0.02)\n"
    )
    subprocess.run([sys.executable, "-c", script], cwd=Path(__file__).parents[1], check=True, stdout=subprocess.DEVNULL, timeout=30)
    deadline = time.monotonic() + 10
    while (tmp_path / "standins.json").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not (tmp_path / "standins.json").exists()


def test_it_ends_cleanly_on_a_signal(tmp_path: Path) -> None:
    running = StandInProcess(tmp_path)
    os.kill(running.state["pid"], signal.SIGTERM)
    assert running.stop() == 0
    assert not (tmp_path / "standins.json").exists()


# What the tests are made of


@pytest.fixture(scope="module")
def clip() -> bytes:
    store = MediaStore()
    audio = store.file(VideoSpec(VIDEO, duration=120), ENCODINGS[139], AudioSpec("de")).read_bytes()
    store.close()
    return audio


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


def _through(session: requests.Session, youtube: YouTubeStandIn, way: int = 0) -> None:
    session.trust_env, session.verify = False, str(youtube.ca_file)
    session.proxies = {"http": youtube.proxy_urls[way], "https": youtube.proxy_urls[way]}


def _get(youtube: YouTubeStandIn, url: str, way: int = 0) -> requests.Response:
    with requests.Session() as session:
        _through(session, youtube, way)
        return session.get(url, timeout=5)


def _transcribe(groq: GroqStandIn, audio: bytes, *, key: str | None = None, timeout: float = 10) -> Any:
    with groq_sdk.Groq(api_key=key or groq.api_key, base_url=groq.base_url, max_retries=0, timeout=timeout) as client:
        return client.audio.transcriptions.create(
            file=("audio.m4a", audio), model="whisper-large-v3-turbo", response_format="verbose_json", timestamp_granularities=["segment"]
        )


def _copy(audio: bytes, *, start: float, end: float) -> bytes:
    """A piece of it, packets unchanged, as chunking does it."""
    target = io.BytesIO()
    with av.open(io.BytesIO(audio)) as source, av.open(target, "w", format="mp4") as output:
        track = source.streams.audio[0]
        stream = output.add_stream_from_template(track)
        for packet in source.demux(track):
            if packet.pts is not None and start <= packet.pts * packet.time_base < end:
                packet.stream = stream
                output.mux(packet)
    return target.getvalue()
