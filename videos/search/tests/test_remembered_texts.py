"""Texts that a search has read are remembered for the next one, and never for longer than they are
true.
"""

from __future__ import annotations

from typing import Any

import pytest
from cachetools import LRUCache
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from videos.models import Chapter, Transcript, Video, VideoList
from videos.search import documents, texts
from videos.search.finding import find
from videos.search.tests.spoken import add_chapter, say

pytestmark = pytest.mark.django_db


def cues_read(user: Any, typed: str) -> int:
    """How many statements of a search read cues."""
    with CaptureQueriesContext(connection) as context:
        find(user, typed)
    return sum('"cues"' in query["sql"] for query in context.captured_queries)


def moments(user: Any, typed: str) -> list[str]:
    return [moment.text for video in find(user, typed).videos for moment in video.moments]


def change(video: Video) -> None:
    """What follows every change of a video's texts."""
    Video.objects.filter(pk=video.pk).update(version=F("version") + 1)
    documents.reindex(video.pk)


def test_texts_are_read_once_while_somebody_types(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "the clock strikes")
    say(video_list, 2, "a clock is wound")
    reads = [cues_read(alice, typed) for typed in ("clo", "clock", '"the clock"', "clock wound")]
    assert reads == [1, 0, 0, 0]


def test_a_new_video_is_read_beside_remembered_ones(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "the clock strikes")
    find(alice, "clock")
    say(video_list, 2, "a clock is wound")
    assert sorted(moments(alice, "clock")) == ["a clock is wound", "the clock strikes"]


def test_new_captions_take_the_place_of_remembered_ones(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "the clock strikes")
    assert moments(alice, "clock") == ["the clock strikes"]
    Transcript.objects.filter(video=video).update(cues=[[0.0, 4.0, "strikes the clock"]])
    change(video)
    assert moments(alice, "clock") == ["strikes the clock"]


def test_new_titles_and_chapters_are_shown_at_once(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "a pendulum", title="The clock")
    find(alice, "clock")
    Video.objects.filter(pk=video.pk).update(title="About a clock")
    add_chapter(video, "Inside of the clock")
    change(video)
    (found,) = find(alice, "clock").videos
    assert [place.text for place in found.places] == ["About a clock", "Inside of the clock"]
    Chapter.objects.filter(video=video).delete()
    change(video)
    (found,) = find(alice, "clock").videos
    assert [place.text for place in found.places] == ["About a clock"]


def test_no_more_is_remembered_than_there_is_room_for(
    monkeypatch: pytest.MonkeyPatch, alice: Any, video_list: VideoList
) -> None:
    room = LRUCache[texts.Key, texts.VideoTexts](5_000, getsizeof=texts.size_of)
    monkeypatch.setattr(texts, "remembered", room)
    monkeypatch.setattr(texts, "MOST_REMEMBERED", 5_000)
    for number in range(1, 9):
        say(video_list, number, "a clock " + "and a clock " * 50)
    say(video_list, 9, "a clock that strikes " * 1_000)
    for _ in range(2):
        assert len(find(alice, "clock").videos) == 9
    assert len(room) == 3
    assert room.currsize <= 5_000
