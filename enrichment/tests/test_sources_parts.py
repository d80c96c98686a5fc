"""Cutting audio: right times, full coverage, no re-encoding."""

import time
from contextlib import closing
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.sources.parts import OVERLAP, PART, Recording, Span, UnreadableAudioError, spans
from tests.standins import AudioSpec, VideoSpec, video_id
from tests.standins.media import ENCODINGS
from tests.standins.speech import listen

ID = video_id(1)


def audio_of(store, seconds, itag=139):
    video = VideoSpec(ID, duration=seconds)
    return store.file(video, ENCODINGS[itag], AudioSpec("de"))


@given(st.floats(0.1, 50_000))
def test_spans_cover_everything_and_overlap(duration):
    planned = spans(duration)
    assert planned[0].start == 0
    assert planned[-1].start + planned[-1].length == pytest.approx(duration)
    for before, after in pairwise(planned):
        assert after.start == before.start + PART
        assert before.length == PART + OVERLAP
    assert len(planned) == 1 or planned[-1].length > OVERLAP


def test_sixty_five_minutes_are_seven_parts():
    assert [span.start for span in spans(3900)] == [0, 600, 1200, 1800, 2400, 3000, 3600]


@given(st.floats(30, 1000), st.floats(0, 10_000))
def test_halves_cover_their_whole_and_overlap(length, start):
    first, second = Span(start, length).halves()
    assert first.start == start
    assert second.start + second.length == pytest.approx(start + length)
    assert second.start < first.start + first.length
    assert max(first.length, second.length) < length or length <= 2 * OVERLAP


@pytest.mark.slow
@pytest.mark.parametrize("itag", [139, 251])
def test_a_part_begins_where_it_says_and_is_gone_afterwards(store, tmp_path, itag):
    with closing(Recording(audio_of(store, 900, itag))) as recording:
        assert recording.duration == pytest.approx(900, abs=0.2)
        for span in (Span(600, 300), Span(0, 610), Span(450.5, 20)):
            with recording.cut(span, tmp_path) as part:
                heard = listen(part.path.read_bytes())
                assert part.path.stat().st_size == part.size
            assert part.start == pytest.approx(span.start, abs=0.2)
            assert heard.start == pytest.approx(part.start, abs=0.05)
            assert heard.duration == pytest.approx(part.duration, abs=0.1)
            assert part.duration == pytest.approx(span.length, abs=0.3)
    assert list(tmp_path.iterdir()) == []


def test_beyond_the_end_there_is_nothing(store, tmp_path):
    with (
        closing(Recording(audio_of(store, 60))) as recording,
        recording.cut(Span(100, 50), tmp_path) as part,
    ):
        assert part is None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"<html>", b"\x00" * 5000])
def test_what_is_no_audio_is_said_so(tmp_path, content):
    audio = tmp_path / "audio.m4a"
    audio.write_bytes(content)
    with pytest.raises(UnreadableAudioError):
        Recording(audio)


@pytest.mark.slow
def test_an_hour_is_cut_quickly_and_below_the_upload_limit(store, tmp_path):
    audio, sizes = audio_of(store, 3900), []
    begun = time.process_time()
    with closing(Recording(audio)) as recording:
        for span in spans(recording.duration):
            with recording.cut(span, tmp_path) as part:
                sizes.append(part.size)
    assert time.process_time() - begun < 2
    assert len(sizes) == 7
    assert max(sizes) < 5 * 2**20
