"""Speech to text against the stand-in for Groq: right words, right times, right causes, nothing
left behind.
"""

import logging
import threading
from contextlib import contextmanager
from typing import Any

import pytest

from enrichment.errors import NetworkBlip, SourceError, Throttled, TranscriptionOff, VideoVerdict
from enrichment.sources.registry import transcriber
from enrichment.sources.transcription import AT_ONCE, GroqTranscriber, code_of
from tests.standins import AudioSpec, Fault, VideoSpec, video_id
from tests.standins.media import ENCODINGS
from tests.standins.speech import words_between
from videos.causes import Cause
from videos.stages import CaptionsSource

ID = video_id(1)


@pytest.fixture
def speech(store, tmp_path):
    """Audio files of a length, each in this test's own folder."""

    def make(seconds):
        path = tmp_path / "audio.m4a"
        path.write_bytes(
            store.file(
                VideoSpec(ID, duration=seconds), ENCODINGS[139], AudioSpec("de")
            ).read_bytes()
        )
        return path

    return make


@pytest.fixture
def whisper(groq):
    return GroqTranscriber(
        api_key=groq.api_key, base_url=groq.base_url, model="whisper-large-v3-turbo"
    )


def said(transcript):
    return " ".join(cue.text for cue in transcript.cues).split()


def failure_of(whisper, audio, **options):
    with pytest.raises(SourceError) as caught:
        whisper.transcribe(audio, **options)
    return caught.value


def test_a_short_recording_is_one_upload(groq, whisper, speech):
    found = whisper.transcribe(speech(30), language="de")
    assert (found.source, found.language) == (CaptionsSource.WHISPER, "de")
    assert said(found) == words_between(0, 30)
    assert [upload.language for upload in groq.uploads] == ["de"]
    assert found.cues[1].start == pytest.approx(5, abs=0.1)


@pytest.mark.slow
def test_seven_uploads_double_and_lose_no_word(groq, whisper, speech, tmp_path):
    told = []
    audio = speech(3900)
    found = whisper.transcribe(audio, progress=lambda done, whole: told.append((done, whole)))
    assert said(found) == words_between(0, 3900)
    assert len(groq.uploads) == 7
    assert max(upload.size for upload in groq.uploads) < 25 * 2**20
    assert told == [(done, 7) for done in range(8)]
    second_of = {word: second for second, word in enumerate(words_between(0, 3900))}
    assert all(abs(cue.start - second_of[cue.text.split()[0]]) < 0.3 for cue in found.cues)
    assert groq.log.most_at_once() <= AT_ONCE
    assert list(tmp_path.iterdir()) == [audio]


def test_the_language_is_heard_where_it_is_not_known(groq, whisper, speech):
    assert whisper.transcribe(speech(10)).language == "de"
    assert groq.uploads[0].language == ""


@pytest.mark.slow
def test_a_throttle_says_how_long_and_keeps_what_was_paid_for(groq, whisper, speech, tmp_path):
    audio = speech(1500)
    heard: dict[str, Any] = {}
    groq.faults.add(Fault("status", status=429, retry_after=90, times=1))
    error = failure_of(whisper, audio, heard=heard)
    assert (type(error), error.cause, error.retry_after) == (
        Throttled,
        Cause.TRANSCRIPTION_THROTTLED,
        90,
    )
    paid = len(groq.uploads)
    assert len(heard) == paid
    assert list(tmp_path.iterdir()) == [audio]
    assert said(whisper.transcribe(audio, heard=heard)) == words_between(0, 1500)
    assert len(groq.uploads) == 3


@pytest.mark.slow
def test_a_part_that_is_too_big_is_halved(groq, whisper, speech, tmp_path):
    audio = speech(500)
    groq.faults.add(Fault("status", status=413, times=2))
    assert said(whisper.transcribe(audio)) == words_between(0, 500)
    assert [round(upload.duration) for upload in groq.uploads] == [140, 130, 250]
    assert list(tmp_path.iterdir()) == [audio]


def test_a_server_that_finds_everything_too_big_is_given_up(groq, whisper, speech, tmp_path):
    audio = speech(100)
    groq.faults.add(Fault("status", status=413))
    error = failure_of(whisper, audio)
    assert (type(error), error.cause) == (VideoVerdict, Cause.TRANSCRIPTION_FAILED)
    assert list(tmp_path.iterdir()) == [audio]


@pytest.mark.parametrize(
    ("fault", "kind", "cause"),
    [
        (Fault("status", status=429), Throttled, Cause.TRANSCRIPTION_THROTTLED),
        (Fault("status", status=498), Throttled, Cause.TRANSCRIPTION_THROTTLED),
        (Fault("status", status=500), NetworkBlip, Cause.TRANSCRIPTION_FAILED),
        (Fault("status", status=503), NetworkBlip, Cause.TRANSCRIPTION_FAILED),
        (Fault("reset"), NetworkBlip, Cause.TRANSCRIPTION_FAILED),
        (Fault("status", status=400), VideoVerdict, Cause.TRANSCRIPTION_FAILED),
        (Fault("status", status=401), TranscriptionOff, Cause.TRANSCRIPTION_OFF),
        (Fault("status", status=402), TranscriptionOff, Cause.TRANSCRIPTION_OFF),
        (Fault("status", status=403), TranscriptionOff, Cause.TRANSCRIPTION_OFF),
        (Fault("status", status=404), TranscriptionOff, Cause.TRANSCRIPTION_OFF),
        (Fault("html"), VideoVerdict, Cause.TRANSCRIPTION_FAILED),
        (Fault("empty"), VideoVerdict, Cause.TRANSCRIPTION_FAILED),
    ],
    ids=str,
)
def test_trouble_has_its_cause_and_is_met_once(groq, whisper, speech, fault, kind, cause, tmp_path):
    groq.faults.add(fault)
    audio = speech(5)
    error = failure_of(whisper, audio)
    assert (type(error), error.cause) == (kind, cause)
    assert len(groq.log.calls) == 1
    assert list(tmp_path.iterdir()) == [audio]


def test_what_is_no_audio_is_not_uploaded(groq, whisper, tmp_path):
    page = tmp_path / "audio.m4a"
    page.write_bytes(b"<html>sorry</html>")
    assert failure_of(whisper, page).cause == Cause.TRANSCRIPTION_FAILED
    assert groq.log.calls == []


@pytest.mark.slow
def test_a_permit_is_held_around_each_upload_and_may_refuse(groq, whisper, speech):
    tickets = threading.Semaphore(2)
    seconds: list[float] = []
    heard: dict[str, Any] = {}

    @contextmanager
    def permit(length):
        if not tickets.acquire(blocking=False):
            raise Throttled(Cause.TRANSCRIPTION_BUDGET)
        seconds.append(round(length))
        yield

    assert (
        failure_of(whisper, speech(1500), permit=permit, heard=heard).cause
        == Cause.TRANSCRIPTION_BUDGET
    )
    assert seconds == [610, 610] or sorted(seconds) == [300, 610]
    assert len(groq.uploads) == len(heard) == 2


def test_the_key_is_told_nobody(groq, speech, caplog):
    whisper = GroqTranscriber(
        api_key="gsk_geheim", base_url=groq.base_url, model="whisper-large-v3"
    )
    with caplog.at_level(logging.DEBUG):
        error = failure_of(whisper, speech(5))
    assert error.status == 401
    shown = "".join(map(repr, (error, vars(error), whisper, vars(whisper)))) + caplog.text
    assert "geheim" not in shown
    assert error.__suppress_context__


def test_without_a_key_there_is_no_transcriber(settings, groq):
    transcriber.cache_clear()
    settings.GROQ_API_KEY = ""
    assert transcriber() is None
    transcriber.cache_clear()
    settings.GROQ_API_KEY, settings.GROQ_BASE_URL = groq.api_key, groq.base_url
    assert isinstance(transcriber(), GroqTranscriber)
    transcriber.cache_clear()


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("German", "de"),
        ("english", "en"),
        ("Chinese", "zh"),
        ("tr", "tr"),
        ("Klingonisch", ""),
        ("", ""),
        (None, ""),
    ],
)
def test_languages_named_in_english_become_codes(named, code):
    class Answer:
        language = named

    assert code_of(Answer()) == code
