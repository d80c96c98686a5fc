"""Audio for transcription: which file, for how many requests, and that nothing of it stays."""

import os
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from enrichment.errors import NetworkBlip, SourceError, Throttled, VideoVerdict
from enrichment.sources.audio import RANGE, audio_folder, sweep_audio
from enrichment.sources.javascript import find_runtime
from enrichment.sources.second_client import SECOND_OPTIONS, scripted_options
from enrichment.sources.transport import WayOut
from enrichment.sources.ytdlp import LeanYoutubeDL
from tests.standins import AudioSpec, Failure, Fault, VideoSpec, video_id
from tests.standins.speech import listen
from videos.causes import Cause

ID = video_id(1)


def failure_of(source, folder):
    with pytest.raises(SourceError) as caught:
        source.fetch_audio(ID, folder)
    return caught.value


def test_the_smallest_audio_takes_two_requests(youtube, source, tmp_path):
    youtube.catalogue.add(VideoSpec(ID, duration=60))
    source.fetch_metadata(ID)
    session = source.audio_session(ID)
    fetched = source.fetch_audio(ID, tmp_path, session=session)
    assert youtube.log.kinds() == {"watch": 1, "player": 1, "media": 1}
    assert "itag=139" in youtube.log.calls[-1].url
    assert fetched.path.stat().st_size == fetched.size > 100_000
    assert fetched.duration == 60


@pytest.mark.parametrize(
    "tracks",
    list(
        permutations((AudioSpec("tr", "dubbed"), AudioSpec("en", "descriptive"), AudioSpec("en")))
    ),
)
def test_a_dubbed_video_gives_its_original_language(youtube, source, tmp_path, tracks):
    youtube.catalogue.add(VideoSpec(ID, duration=20, audio=tracks))
    heard = listen(source.fetch_audio(ID, tmp_path).path.read_bytes())
    assert (heard.language, heard.role) == ("en", "o")


def test_the_original_language_beats_a_smaller_file():
    def offered(number, language, preference, size):
        shared = {
            "url": "https://media.example/",
            "vcodec": "none",
            "acodec": "mp4a.40.5",
            "ext": "m4a",
            "protocol": "https",
        }
        return {
            **shared,
            "format_id": f"139-{number}",
            "language": language,
            "language_preference": preference,
            "filesize": size,
        }

    formats = [
        offered(0, "tr", -1, 1000),
        offered(1, "de", 10, 3000),
        offered(2, "de", 10, 2000),
        offered(3, "de-desc", -10, 500),
    ]
    info = {
        "id": ID,
        "title": "t",
        "formats": formats,
        "extractor": "youtube",
        "extractor_key": "Youtube",
        "webpage_url": "w",
    }
    for order in (formats, formats[::-1]):
        chosen = LeanYoutubeDL(SECOND_OPTIONS, WayOut()).process_ie_result(
            {**info, "formats": [dict(one) for one in order]}, download=False
        )
        assert chosen["format_id"] == "139-2"


@pytest.mark.slow
def test_a_long_file_comes_in_ranges_and_tells_how_far_it_is(youtube, source, tmp_path):
    youtube.catalogue.add(VideoSpec(ID, duration=1800))
    told = []
    fetched = source.fetch_audio(
        ID, tmp_path, progress=lambda done, whole: told.append((done, whole))
    )
    assert fetched.size > RANGE
    assert told == [(RANGE, fetched.size), (fetched.size, fetched.size)]
    assert youtube.log.count(kind="media") == 2
    assert listen(fetched.path.read_bytes()).duration == pytest.approx(1800, abs=0.1)


@pytest.mark.parametrize(
    ("spec", "cause"),
    [
        ({"failure": Failure.PRIVATE}, Cause.PRIVATE),
        ({"failure": Failure.LIVE}, Cause.LIVE),
        ({"made_for_kids": True}, Cause.TRANSCRIPTION_FAILED),
        ({"playable": False}, Cause.TRANSCRIPTION_FAILED),
    ],
    ids=str,
)
def test_a_video_without_audio_for_us_says_why(youtube, source, tmp_path, spec, cause):
    youtube.catalogue.add(VideoSpec(ID, **spec))
    error = failure_of(source, tmp_path)
    assert (type(error), error.cause) == (VideoVerdict, cause)
    assert youtube.log.kinds() == {"watch": 1, "player": 1}


@pytest.fixture
def runtime(tmp_path, monkeypatch):
    """A JavaScript runtime on the path, which says its version and can do no more."""
    program = tmp_path / "bin" / "deno"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho 'deno 2.9.8 (stable, release)'\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    find_runtime.cache_clear()
    yield str(program)
    find_runtime.cache_clear()


def test_runtime_brings_the_audio_of_videos_for_children(youtube, source, tmp_path, runtime):
    youtube.catalogue.add(VideoSpec(ID, duration=5, made_for_kids=True))
    fetched = source.fetch_audio(ID, tmp_path)
    assert listen(fetched.path.read_bytes()).duration == pytest.approx(5, abs=0.1)


def test_runtime_is_not_used_for_other_videos(youtube, source, tmp_path, runtime):
    youtube.catalogue.add(VideoSpec(ID, duration=5))
    source.fetch_audio(ID, tmp_path)
    assert youtube.log.kinds() == {"watch": 1, "player": 1, "media": 1}


def test_private_video_is_not_asked_for_with_javascript(youtube, source, tmp_path, runtime):
    youtube.catalogue.add(VideoSpec(ID, failure=Failure.PRIVATE))
    assert failure_of(source, tmp_path).cause == Cause.PRIVATE
    assert youtube.log.kinds() == {"watch": 1, "player": 1}


def test_runtime_that_brings_nothing_changes_no_verdict(youtube, source, tmp_path, runtime):
    youtube.catalogue.add(VideoSpec(ID, playable=False))
    assert failure_of(source, tmp_path).cause == Cause.TRANSCRIPTION_FAILED


def test_yt_dlp_finds_the_runtime(youtube, runtime):
    options = scripted_options(find_runtime())
    ydl = LeanYoutubeDL(options, WayOut(youtube.proxy_url, str(youtube.ca_file)))
    assert ydl._js_runtimes["deno"].info.path == runtime
    assert ydl._js_runtimes["deno"].info.supported


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        (Fault("status", kind="player", status=429), Throttled, Cause.THROTTLED),
        (Fault("status", kind="media", status=429, retry_after=30), Throttled, Cause.THROTTLED),
        (Fault("status", kind="media", status=403), VideoVerdict, Cause.TRANSCRIPTION_FAILED),
        (Fault("status", kind="media", status=404), VideoVerdict, Cause.TRANSCRIPTION_FAILED),
        (Fault("status", kind="media", status=500), NetworkBlip, Cause.YOUTUBE_DOWN),
        (Fault("cut", kind="media"), NetworkBlip, Cause.NETWORK),
        (Fault("reset", kind="media"), NetworkBlip, Cause.NETWORK),
        (Fault("empty", kind="media"), VideoVerdict, Cause.TRANSCRIPTION_FAILED),
        (Fault("verdict", kind="player", failure=Failure.BOT_CHECK), Throttled, Cause.BLOCKED),
    ],
    ids=str,
)
def test_trouble_with_audio_has_its_cause(youtube, source, tmp_path, fault, kind, cause):
    youtube.catalogue.add(VideoSpec(ID, duration=5))
    youtube.faults.add(fault)
    error = failure_of(source, tmp_path)
    assert (type(error), error.cause) == (kind, cause)


def fail_in_a_folder(root):
    with audio_folder(root) as folder:
        (folder / "audio.m4a").write_bytes(b"x")
        assert sweep_audio(root) == 0
        raise ZeroDivisionError


def test_a_folder_is_gone_whatever_happens(tmp_path):
    root = tmp_path / "audio"
    with pytest.raises(ZeroDivisionError):
        fail_in_a_folder(root)
    assert list(root.iterdir()) == []
    assert sweep_audio(tmp_path / "nowhere") == 0


WORKER = """
import pathlib, sys, time
from enrichment.sources.audio import audio_folder
with audio_folder(pathlib.Path(sys.argv[1])) as folder:
    print(folder, flush=True)
    time.sleep(60)
"""


@pytest.mark.slow
def test_what_a_killed_worker_left_is_swept(tmp_path):
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "tests.settings"}
    with subprocess.Popen(
        [sys.executable, "-c", WORKER, str(tmp_path)],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as worker:
        assert Path(worker.stdout.readline().strip()).is_dir()
        assert sweep_audio(tmp_path) == 0
        worker.kill()
    assert sweep_audio(tmp_path) == 1
    assert list(tmp_path.iterdir()) == []
