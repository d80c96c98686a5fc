"""Which words are found nowhere, and in how few statements that is known."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from videos.models import VideoList
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
