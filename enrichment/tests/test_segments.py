"""Answers of other servers with Groq's interface: what they leave out, and in what they count."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from enrichment.errors import SourceError, VideoVerdict
from enrichment.sources.transcription import cues_of, seconds_in_words


def answer(**fields):
    return SimpleNamespace(**fields)


def cues(*segments, length=10.0):
    found = cues_of(answer(segments=list(segments), text="x"), 100.0, length)
    return [(round(cue.start, 3), round(cue.end, 3), cue.text) for cue in found]


def segment(start=0.0, end=2.0, text=" hi", **fields):
    return {"start": start, "end": end, "text": text, **fields}


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"no_speech_prob": None, "avg_logprob": -0.1},
        {"no_speech_prob": 0.9, "avg_logprob": None},
        {"no_speech_prob": "0.1", "avg_logprob": "x"},
        {"no_speech_prob": float("nan")},
    ],
)
def test_segment_is_kept_when_nothing_says_it_is_silence(fields):
    assert cues(segment(**fields)) == [(100.0, 102.0, " hi")]


def test_segment_without_speech_is_left_out():
    assert cues(segment(no_speech_prob=0.9, avg_logprob=-2.0)) == []


@pytest.mark.parametrize("unit", [1, 1000, 1_000_000, 1_000_000_000])
def test_times_in_other_units_become_seconds(unit):
    found = cues(segment(0, 4 * unit), segment(4 * unit, 9 * unit, "b"))
    assert found == [(100.0, 104.0, " hi"), (104.0, 109.0, "b")]


def test_missing_times_follow_each_other():
    found = cues({"text": "a", "end": 3.0}, {"text": "b"}, segment(None, None, "c"))
    assert found == [(100.0, 103.0, "a"), (103.0, 110.0, "b"), (110.0, 110.0, "c")]


def test_answer_without_segments_is_one_cue():
    found = list(cues_of(answer(segments=None, text="all of it"), 100.0, 10.0))
    assert [(cue.start, cue.end, cue.text) for cue in found] == [(100.0, 110.0, "all of it")]


@pytest.mark.parametrize("body", [answer(), answer(segments="no"), answer(segments=[7])])
def test_answer_that_makes_no_sense_is_refused(body):
    with pytest.raises(VideoVerdict):
        list(cues_of(body, 0.0, 10.0))


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)
SEGMENT = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("start", "end", "text", "no_speech_prob", "avg_logprob"), JSON),
)


@given(st.lists(SEGMENT | JSON, max_size=4), st.floats(0, 700))
def test_no_answer_breaks_more_than_itself(segments, length):
    try:
        found = list(cues_of(answer(segments=segments, text="x"), 0.0, length))
    except SourceError:
        return
    assert all(0 <= cue.start <= cue.end < float("inf") for cue in found)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("Rate limit reached. Please try again in 3m2s. Visit", 182),
        ("Please try again in 7.66s.", 7.66),
        ("try again in 1h2m3s", 3723),
        ("try again in 540ms", None),
        ("try again later", None),
    ],
)
def test_wait_that_is_only_said_in_words_is_read(text, seconds):
    assert seconds_in_words(text) == seconds
