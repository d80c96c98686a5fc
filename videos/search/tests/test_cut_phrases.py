"""Of a phrase few texts are read: when some were left, the answer says so."""

from __future__ import annotations

from typing import Any

import pytest

from videos.models import VideoList
from videos.search import finding
from videos.search.finding import find
from videos.search.tests.spoken import say

pytestmark = pytest.mark.django_db


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


def test_texts_of_all_tiers_count_together(
    alice: Any, video_list: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finding, "MOST_LOOKED_THROUGH", 2)
    for number in range(2):
        say(video_list, number, "a word", title="spring of the clock")
    assert find(alice, '"clock spring"').notices == []
    say(video_list, 2, "a spring of the clock")
    assert find(alice, '"clock spring"').notices == ["phrases_cut"]
