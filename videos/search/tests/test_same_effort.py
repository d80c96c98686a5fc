"""How long an answer takes tells nothing about the videos of others: the same statements are sent,
and the same texts are read, whether somebody else has the words or not.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from videos.models import ListEntry, SavedSearch, Video, VideoList
from videos.search import texts
from videos.search.finding import find
from videos.search.library import SMALL
from videos.search.tests.spoken import say
from videos.services import create_list
from videos.tests.library import video_id

TYPED = (
    "secret",
    '"a secret word"',
    "clock -secret",
    'clock -"a secret word"',
    "secr*",
    "secret-word",
)
SURFACES = (
    "/search/",
    "/search/ids/",
    "/search/moments/",
    "/search/saved/",
    "/search/later/",
    "/api/search",
)


def statements(user: Any, typed: str) -> list[str]:
    """What is asked of the database, with every id in it, while no text is remembered. Names of
    savepoints count up.
    """
    texts.remembered.clear()
    with CaptureQueriesContext(connection) as context:
        find(user, typed)
    asked = [query["sql"] for query in context.captured_queries]
    return [sql for sql in asked if "SAVEPOINT" not in sql]


@pytest.mark.django_db
@pytest.mark.parametrize("size", [2, SMALL + 1], ids=["few videos", "many videos"])
def test_words_of_others_cost_no_effort(
    alice: Any, bob: Any, video_list: VideoList, size: int
) -> None:
    add_silent_videos(video_list, size)
    say(video_list, 1, "a clock and a word")
    before = [statements(alice, typed) for typed in TYPED]
    others = create_list(owner=bob, name="of Bob")
    for number in range(2, 30):
        say(others, number, "a secret word of a clock", title="a secret word")
    after = [statements(alice, typed) for typed in TYPED]
    for was, now in zip(before, after, strict=True):
        assert now == was


@pytest.mark.slow
@pytest.mark.django_db
@pytest.mark.parametrize("address", SURFACES)
def test_no_surface_asks_more_for_words_of_others(
    alice: Any, bob: Any, video_list: VideoList, address: str
) -> None:
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(alice)
    say(video_list, 1, "a clock and a word")
    SavedSearch.objects.create(owner=alice, name="kept", query="q=secret")
    before = [queries_of(client, address, typed) for typed in TYPED]
    others = create_list(owner=bob, name="of Bob")
    for number in range(2, 30):
        say(others, number, "a secret word of a clock", title="a secret word")
    assert [queries_of(client, address, typed) for typed in TYPED] == before


def queries_of(client: Client, address: str, typed: str) -> int:
    """How many statements an address sends for these words, once it is warm."""
    answer_of(client, address, typed)
    with CaptureQueriesContext(connection) as context:
        answer_of(client, address, typed)
    return len(context.captured_queries)


def answer_of(client: Client, address: str, typed: str) -> bytes:
    answer: Any = client.get(address, {"q": typed})
    assert answer.status_code == 200
    return bytes(answer.getvalue())


def add_silent_videos(video_list: VideoList, count: int) -> None:
    videos = Video.objects.bulk_create(
        Video(youtube_id=video_id(1_000 + number)) for number in range(count)
    )
    ListEntry.objects.bulk_create(
        ListEntry(video_list=video_list, video=video, position=1_000 + place)
        for place, video in enumerate(videos)
    )
