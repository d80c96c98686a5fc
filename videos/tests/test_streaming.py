"""Text of requests that no database stores, and exports that break while they are sent."""

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.db import connection
from django.test import Client
from django.urls import reverse

from tests.tiers import some_first
from videos.models import VideoList
from videos.streaming import PART_SIZE, StreamedFile
from videos.tests.library import add_video
from videos.text import number_from, words_from

HOSTILE = ("a\x00b", "\ud800", "9" * 5_000, "a\x00b~1", "x" * 10_000, "~", "1~1", "-1", "²")


@pytest.mark.django_db
@pytest.mark.parametrize("text", some_first(HOSTILE, 3), ids=range(len(HOSTILE)))
@pytest.mark.parametrize("name", ["q", "channel", "tag", "before", "since", "ids", "page"])
@pytest.mark.parametrize("sort", some_first(["newest", "title", "longest", "published"], 1))
def test_no_parameter_of_a_list_is_an_error(
    client: Client, video_list: VideoList, name: str, text: str, sort: str
) -> None:
    client.force_login(video_list.owner)
    add_video(video_list)
    query = {name: text.encode("utf-8", "surrogatepass").decode("utf-8", "replace"), "sort": sort}
    for page in ("list_detail", "list_cards", "list_facets", "entry_ids"):
        answer = client.get(reverse(page, args=[video_list.pk]), query)
        assert answer.status_code == 200, page


@pytest.mark.django_db
def test_no_filter_of_an_action_is_an_error(client: Client, video_list: VideoList) -> None:
    client.force_login(video_list.owner)
    add_video(video_list)
    for query in ("q=a%00b", "tag=a%00b", "channel=%00a", "q=" + "w+" * 1_000):
        data = {"all": "1", "query": query, "tag": "a\x00b", "to": "9" * 5_000}
        for action in ("entry_export", "entry_tag", "entries_retry", "entry_remove"):
            answer = client.post(reverse(action, args=[video_list.pk]), data)
            assert answer.status_code in (200, 302), action


def test_numbers_are_those_a_column_can_hold() -> None:
    assert number_from("9" * 18) == 10**18 - 1
    for text in ("", "9" * 19, "9" * 5_000, "-1", "1.0", "²", "١", "0x1"):
        assert number_from(text) is None


def test_search_takes_eight_words() -> None:
    assert words_from("a b a\x00 c d e f g h i j") == list("abcdefgh")


def test_an_error_from_the_start_is_no_stream() -> None:
    def broken() -> Iterator[str]:
        raise RuntimeError
        yield ""

    with pytest.raises(RuntimeError):
        StreamedFile(broken(), content_type="text/plain", filename="x")


@pytest.mark.django_db(transaction=True)
async def test_a_broken_stream_gives_its_connection_back() -> None:
    used: list[Any] = []

    def parts() -> Iterator[str]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        used.append(connection.connection)
        yield "x" * PART_SIZE
        used.append(connection.connection)
        raise RuntimeError

    make = sync_to_async(StreamedFile)
    response = await make(parts(), content_type="text/plain", filename="x")
    received: list[bytes] = []

    async def receive() -> None:
        received.extend([part async for part in response])

    with pytest.raises(RuntimeError):
        await receive()

    assert len(used) == 2
    assert await sync_to_async(lambda: connection.connection)() is None
