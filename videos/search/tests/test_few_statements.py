"""A search asks the database few things, and leaves it as it was."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from videos.models import VideoList
from videos.search import finding
from videos.search.finding import find
from videos.search.tests.spoken import say

pytestmark = pytest.mark.django_db


def number_of_statements(user: Any, typed: str) -> int:
    with CaptureQueriesContext(connection) as context:
        find(user, typed)
    return len(context.captured_queries)


def test_words_that_are_nowhere_are_looked_up_together(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock and a word")
    four = number_of_statements(alice, "kolibri nowhere clock gear")
    assert number_of_statements(alice, "kolibri nowhere clock gear spring hand wheel") == four


def test_the_words_that_are_nowhere_are_named(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clockwork and a word")
    assert find(alice, "kolibri word work nowhere clock").missing == ["kolibri", "nowhere"]


def test_in_an_empty_library_all_words_are_nowhere(alice: Any, video_list: VideoList) -> None:
    assert find(alice, "kolibri nowhere").missing == ["kolibri", "nowhere"]


@pytest.mark.parametrize(("videos", "notices"), [(2, []), (3, ["phrases_cut"])])
def test_a_phrase_is_said_to_be_cut_when_texts_are_left(
    alice: Any,
    video_list: VideoList,
    monkeypatch: pytest.MonkeyPatch,
    videos: int,
    notices: list[str],
) -> None:
    monkeypatch.setattr(finding, "MOST_LOOKED_THROUGH", 2)
    for number in range(videos):
        say(video_list, number, "a spring of the clock")
    assert find(alice, '"clock spring"').notices == notices


def test_a_phrase_is_not_cut_when_enough_have_it(
    alice: Any, video_list: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_LOOKED_THROUGH", 2)
    for number in range(5):
        say(video_list, number, "a clock spring")
    answer = find(alice, '"clock spring"', limit=1)
    assert (len(answer.videos), answer.notices) == (1, [])


@pytest.mark.skipif("sqlite" in connection.settings_dict["ENGINE"], reason="PostgreSQL's settings")
def test_postgresql_plans_afterwards_as_before(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock and a word")
    with transaction.atomic(), connection.cursor() as cursor:
        before = settings_of(cursor)
        find(alice, "clock kolibri")
        assert settings_of(cursor) == before


def settings_of(cursor: Any) -> tuple[str, ...]:
    cursor.execute("SELECT current_setting('enable_seqscan'), current_setting('jit')")
    return tuple(cursor.fetchone())
