"""The stand-in for Groq is believed by the real SDK, and hears where a piece of audio begins."""

from __future__ import annotations

import io
from typing import Any

import av
import groq as groq_sdk
import pytest

from tests.standins import (
    AudioSpec,
    Fault,
    GroqStandIn,
    VideoSpec,
    words_between,
)
from tests.standins.media import ENCODINGS, MediaStore

pytest_plugins = ["tests.standins.fixtures"]

VIDEO = "hemmung_001"


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
def test_it_makes_the_trouble_groq_makes(
    groq: GroqStandIn, fault: Fault, kind: type[groq_sdk.APIStatusError], status: int
) -> None:
    groq.faults.add(fault)
    with pytest.raises(kind) as caught:
        _transcribe(groq, b"")
    assert caught.value.status_code == status
    assert caught.value.response.headers.get("retry-after") == (
        str(fault.retry_after) if fault.retry_after else None
    )


@pytest.mark.slow
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


@pytest.fixture(scope="module")
def clip() -> bytes:
    store = MediaStore()
    audio = store.file(VideoSpec(VIDEO, duration=120), ENCODINGS[139], AudioSpec("de")).read_bytes()
    store.close()
    return audio


def _transcribe(
    groq: GroqStandIn, audio: bytes, *, key: str | None = None, timeout: float = 10
) -> Any:
    with groq_sdk.Groq(
        api_key=key or groq.api_key, base_url=groq.base_url, max_retries=0, timeout=timeout
    ) as client:
        return client.audio.transcriptions.create(
            file=("audio.m4a", audio),
            model="whisper-large-v3-turbo",
            response_format="verbose_json",
            timestamp_granularities=["segment"],
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
