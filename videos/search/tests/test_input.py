"""Whatever is typed gets an answer, in words only, and never an error."""

import random
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people import rest
from tests.tiers import examples
from videos.models import VideoList
from videos.search.finding import find
from videos.search.tests.spoken import found, say

pytestmark = pytest.mark.django_db

HOSTILE = [
    " ".join(f"word{number}" for number in range(50)),
    "x" * 10_000,
    "ü " * 5_000,
    '"' * 10_000,
    "-" * 10_000,
    "*" * 10_000,
    '-"' * 5_000,
    "clock\0",
    "\0",
    "' OR 1=1 --",
    '" OR ""="',
    "NEAR(clock spring)",
    "clock AND",
    "NOT clock",
    "words:clock",
    "{words}: clock",
    "^clock",
    "clock + spring",
    "clock & spring | !gear",
    "clock <-> spring",
    "clock:*A",
    "\\",
    "\\'",
    "';'",
    "%s %d {} {0}",
    "%",
    "👩‍👩‍👧‍👦 ⏰",
    "\ud800",
    "e" + "\u0301" * 5_000,
    "ﷺ" * 100,
    "¹clock ²clock ³clock ⁴clock",
    "東" * 200,
    "ไ" * 200,
    "c++ c# .net f#",
    "a-b-c-d-e-f-g-h-i-j-k-l-m-n-o-p-q-r-s-t-u-v-w-x-y-z",
    "'" * 200,
    "\r\n\t\v\u2028\u202e",
]


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_input_gets_an_answer(alice: Any, video_list: VideoList, typed: str) -> None:
    say(video_list, 1, "clock spring gear")
    with CaptureQueriesContext(connection) as queries:
        answer = find(alice, typed)
    assert answer.total <= 1
    assert len(queries) <= 100


@pytest.mark.parametrize("typed", [text for text in HOSTILE if "\ud800" not in text])
def test_hostile_input_is_no_error_over_rest(alice: Any, video_list: VideoList, typed: str) -> None:
    say(video_list, 1, "clock spring gear")
    assert rest(alice).get("/api/search", {"q": typed}).status_code == 200


@pytest.mark.parametrize("operator", ["AND", "OR", "NOT", "NEAR"])
def test_operators_are_words(alice: Any, video_list: VideoList, operator: str) -> None:
    say(video_list, 1, "clock spring")
    with_word = say(video_list, 2, f"clock {operator} spring")
    assert found(alice, f"clock {operator} spring") == [with_word.pk]


def test_marks_of_the_index_are_no_words(alice: Any, video_list: VideoList) -> None:
    """A typed ¹ asks for no title."""
    say(video_list, 1, "nothing", title="clock")
    assert found(alice, '"¹clock"') == []


@given(typed=st.text(max_size=300))
@settings(
    max_examples=examples(200, 20), suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_text_gets_an_answer(alice: Any, video_list: VideoList, typed: str) -> None:
    if not video_list.entries.exists():
        say(video_list, 1, "clock spring gear")
    answer = find(alice, typed)
    assert len(answer.videos) == answer.total <= 1


def test_any_text_can_be_indexed(alice: Any, video_list: VideoList) -> None:
    """Every kind of character, at the borders of words and inside."""
    chosen = random.Random(1)
    letters = [chr(code) for code in range(1, 0x20000) if not 0xD800 <= code < 0xE000]
    for number in range(10):
        text = "".join(chosen.choices(letters, k=2000))
        video = say(video_list, number, text, f"marker{number}x")
        assert found(alice, f'"marker{number}x"') == [video.pk]
