"""GET /api/lists/{id}/videos: pages, filters, order. DELETE /api/lists/{id}/videos/{video_id}."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from django.test import Client

from tests.people import rest
from videos.api.filters import ORDERS
from videos.api.paging import LARGEST, Cursor
from videos.causes import Cause
from videos.models import ListEntry, Video, VideoList
from videos.stages import CaptionsSource, Stage
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db


def walk(client: Client, address: str, link: str = "next") -> list[list[str]]:
    """The ids of each page, by the links."""
    pages = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.content
        pages.append([row["youtube_id"] for row in answer.json()["results"]])
        last, address = address, answer.json()[link]
    walk.last = last  # type: ignore[attr-defined]
    return pages


@pytest.fixture
def address(video_list: VideoList) -> str:
    return f"/api/lists/{video_list.pk}/videos"


def test_it_shows_what_a_card_needs(alice: Any, video_list: VideoList, address: str) -> None:
    video = add_video(video_list, 1, channel="Springs", note="see 0:42")
    (row,) = rest(alice).get(address).json()["results"]
    assert row | {"added_at": ""} == {
        "id": video.pk,
        "youtube_id": video_id(1),
        "url": f"https://www.youtube.com/watch?v={video_id(1)}",
        "title": "Video 1",
        "channel": "Springs",
        "duration": 60,
        "published_at": None,
        "thumbnail_url": f"https://img.youtube.com/vi/{video_id(1)}/mqdefault.jpg",
        "import_stage": "complete",
        "import_progress": 100,
        "error": None,
        "captions_source": "manual",
        "version": 0,
        "note": "see 0:42",
        "added_at": "",
    }


def test_it_says_an_error_in_the_callers_language(
    alice: Any, video_list: VideoList, address: str
) -> None:
    add_video(video_list, 1, stage=Stage.ERROR)
    for language, text in (("en", "This video is private."), ("de", "Dieses Video ist privat.")):
        (row,) = rest(alice).get(address, headers={"accept-language": language}).json()["results"]
        assert row["error"] == {"cause": "private", "message": text}


@pytest.mark.parametrize("order", list(ORDERS))
def test_it_pages_forward_and_back_in_every_order(
    alice: Any, video_list: VideoList, address: str, order: str
) -> None:
    for n in range(23):  # many are equal in what they are ordered by
        add_video(
            video_list,
            n,
            title=f"{'Zz'[n % 2]}{n % 3}",
            channel="" if n % 4 else "c",
            duration=None if n % 5 else n,
        )
    client = rest(alice)
    whole = [row["youtube_id"] for row in client.get(f"{address}?order={order}").json()["results"]]
    pages = walk(client, f"{address}?order={order}&page_size=5")
    assert [one for page in pages for one in page] == whole
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    back = walk(client, walk.last, "previous")  # type: ignore[attr-defined]
    assert back == pages[::-1]


def test_a_cursor_goes_on_after_the_last_row(
    alice: Any, video_list: VideoList, address: str
) -> None:
    """And the one back before the first; neither names a page that is not there."""
    for n in range(4):
        add_video(video_list, n)
    client = rest(alice)
    first = client.get(f"{address}?page_size=2").json()
    assert first["previous"] is None
    second = client.get(first["next"]).json()
    assert second["next"] is None
    back = client.get(second["previous"]).json()
    assert [row["youtube_id"] for row in back["results"]] == [video_id(3), video_id(2)]
    assert back["previous"] is None
    assert back["next"] == first["next"]


@pytest.mark.parametrize("rows", [1, 2, 3])
def test_there_is_a_next_page_only_if_there_are_rows(
    alice: Any, video_list: VideoList, address: str, rows: int
) -> None:
    for n in range(rows):
        add_video(video_list, n)
    page = rest(alice).get(f"{address}?page_size=2").json()
    assert (len(page["results"]), bool(page["next"])) == (min(rows, 2), rows > 2)


@pytest.mark.parametrize("kind", [int, str])
def test_a_cursor_is_read_as_it_was_written(kind: type) -> None:
    for tie, backwards in ((0, False), (LARGEST, True), (-LARGEST, False)):
        cursor = Cursor(kind(7), tie, backwards)
        assert Cursor.decode(cursor.encode(), kind) == cursor
    with pytest.raises(ValueError, match=r"."):
        Cursor.decode(Cursor(kind(7), LARGEST + 1).encode(), kind)


def test_a_cursor_of_the_largest_number_is_read() -> None:
    for value in (LARGEST, -LARGEST):
        assert Cursor.decode(Cursor(value).encode(), int).value == value
    with pytest.raises(ValueError, match=r"."):
        Cursor.decode(Cursor(LARGEST + 1).encode(), int)


@pytest.mark.parametrize(("size", "rows"), [("1", 1), ("3", 3), ("", 5)])
def test_a_page_is_as_large_as_was_asked(
    alice: Any, video_list: VideoList, address: str, size: str, rows: int
) -> None:
    for n in range(5):
        add_video(video_list, n)
    query = f"?page_size={size}" if size else ""
    assert len(rest(alice).get(f"{address}{query}").json()["results"]) == rows


def test_it_orders_as_its_name_says(alice: Any, video_list: VideoList, address: str) -> None:
    for n, title, channel, duration in (
        (1, "beta", "A", 30),
        (2, "Alpha", "c", 10),
        (3, "gamma", "B", 20),
    ):
        add_video(video_list, n, title=title, channel=channel, duration=duration)
    expected = {
        "newest": [3, 2, 1],
        "oldest": [1, 2, 3],
        "title": [2, 1, 3],
        "channel": [1, 3, 2],
        "duration": [2, 3, 1],
    }
    for order, numbers in expected.items():
        assert walk(rest(alice), f"{address}?order={order}") == [[video_id(n) for n in numbers]]


def test_it_pages_through_more_equal_titles_than_a_page_has(
    alice: Any, video_list: VideoList, address: str
) -> None:
    videos = Video.objects.bulk_create(Video(youtube_id=video_id(n)) for n in range(1200))
    ListEntry.objects.bulk_create(
        ListEntry(video_list=video_list, video=v, position=n) for n, v in enumerate(videos)
    )
    pages = walk(rest(alice), f"{address}?order=title&page_size=200")
    assert len({one for page in pages for one in page}) == sum(map(len, pages)) == 1200


def test_videos_arriving_between_two_pages_show_nothing_twice(
    alice: Any, video_list: VideoList, address: str
) -> None:
    for n in range(6):
        add_video(video_list, n)
    first = rest(alice).get(f"{address}?page_size=3").json()
    add_video(video_list, 100)
    second = rest(alice).get(first["next"]).json()
    assert [row["youtube_id"] for row in second["results"]] == [video_id(n) for n in (2, 1, 0)]


@pytest.mark.parametrize("many", [3, 150])
def test_it_needs_the_same_queries_for_any_size(
    alice: Any, video_list: VideoList, address: str, django_assert_num_queries: Any, many: int
) -> None:
    for n in range(many):
        add_video(video_list, n)
    client = rest(alice)
    with django_assert_num_queries(3):  # the caller, the list, the page
        assert len(client.get(f"{address}?page_size=200").json()["results"]) == many


def test_it_shows_a_video_of_two_lists_once_with_this_lists_note(
    alice: Any, bob: Any, video_list: VideoList, address: str
) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    add_video(theirs, 7, note="secret")
    add_video(theirs, 1, note="secret")
    add_video(video_list, 1, note="mine")
    (row,) = rest(alice).get(address).json()["results"]
    assert row["note"] == "mine"


def test_it_narrows_by_stage_captions_channel_and_words(
    alice: Any, video_list: VideoList, address: str
) -> None:
    add_video(video_list, 1, title="The escapement", channel="Horology")
    add_video(
        video_list,
        2,
        title="The 100 % spring",
        channel="Horology",
        captions_source=CaptionsSource.NONE,
    )
    add_video(video_list, 3, stage=Stage.CREATED)
    add_video(video_list, 4, stage=Stage.ERROR, title="Gone", channel="Springs & Co")
    expected = {
        "stage=complete": [2, 1],
        "stage=created": [3],
        "stage=error": [4],
        "captions=none": [2],
        "captions=manual": [1],
        "channel=Horology": [2, 1],
        "q=SPRING": [4, 2],
        "q=the escape": [1],
        "q=%25": [2],
        "q=horology spring": [2],
        "stage=complete&captions=none&channel=Horology&q=spring": [2],
        "q=nothing": [],
        "q=": [4, 3, 2, 1],
    }
    for query, numbers in expected.items():
        assert walk(rest(alice), f"{address}?{query}") == [[video_id(n) for n in numbers]], query


def test_its_links_keep_the_filter(alice: Any, video_list: VideoList, address: str) -> None:
    for n in range(6):
        add_video(video_list, n, channel="ab"[n % 2])
    assert walk(rest(alice), f"{address}?channel=a&page_size=2") == [
        [video_id(4), video_id(2)],
        [video_id(0)],
    ]


def bad_cursor(text: str) -> str:
    return "cursor=" + urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "query",
    [
        "stage=done",
        "captions=klingon",
        "order=random",
        "watched=maybe",
        "length=endless",
        "added=once",
        "cause=mood",
        "order=longest&" + bad_cursor('["x", 1, 0]'),
        "order=published&" + bad_cursor('["2020-13-01", 1, 0]'),
        "q=%00",
        "channel=%00",
        f"q={'x' * 201}",
        "cursor=x",
        "cursor=%F0%9F%98%80",
        "cursor=!!!!",
        bad_cursor('["x", 1, 0]'),
        bad_cursor("[1, 1]"),
        bad_cursor("{}"),
        bad_cursor("[true, 1, 0]"),
        bad_cursor(f"[{10**30}, 1, 0]"),
        bad_cursor(f"[1, {10**30}, 0]"),
        bad_cursor("[1, 1, 7]"),
        bad_cursor("[" * 5000),
        "order=title&" + bad_cursor('["a\\u0000", 1, 0]'),
        "order=title&" + bad_cursor('["\\ud800", 1, 0]'),
        "order=title&" + bad_cursor("[1, 1, 0]"),
    ],
)
def test_it_refuses_what_it_cannot_read(
    alice: Any, video_list: VideoList, address: str, query: str
) -> None:
    answer = rest(alice).get(f"{address}?{query}")
    assert answer.status_code == 400
    assert answer.json()


@pytest.mark.parametrize("size", ["0", "-1", "x", "9" * 30, "²", "", "5&page_size=x"])
def test_it_refuses_a_page_of_an_odd_size(
    alice: Any, video_list: VideoList, address: str, size: str
) -> None:
    answer = rest(alice).get(f"{address}?page_size={size}")
    assert (answer.status_code, answer.json().keys()) == (400, {"page_size"})


def test_a_page_is_never_larger_than_the_largest(
    alice: Any, video_list: VideoList, address: str
) -> None:
    """The largest has 200."""
    videos = Video.objects.bulk_create(Video(youtube_id=f"{n:011}") for n in range(201))
    ListEntry.objects.bulk_create(
        ListEntry(video_list=video_list, video=video, position=place)
        for place, video in enumerate(videos)
    )
    page = rest(alice).get(f"{address}?page_size=100000").json()
    assert (len(page["results"]), page["next"] is None) == (200, False)


@pytest.mark.parametrize("query", ["stage=", "captions=", "channel=", "q="])
def test_an_empty_filter_filters_nothing(
    alice: Any, video_list: VideoList, address: str, query: str
) -> None:
    add_video(video_list)
    assert len(rest(alice).get(f"{address}?{query}").json()["results"]) == 1


def test_it_answers_an_empty_page_after_everything_was_removed(
    alice: Any, video_list: VideoList, address: str
) -> None:
    for n in range(6):
        add_video(video_list, n)
    link = rest(alice).get(f"{address}?page_size=3").json()["next"]
    video_list.entries.all().delete()
    assert rest(alice).get(link).json() == {"next": None, "previous": None, "results": []}


def test_it_knows_nothing_of_anybody_elses_list(
    bob: Any, video_list: VideoList, address: str
) -> None:
    add_video(video_list)
    assert rest(bob).get(address).status_code == 404


def test_it_removes_a_video_from_the_list_alone(
    alice: Any, video_list: VideoList, address: str
) -> None:
    video = add_video(video_list, 1, stage=Stage.ERROR, error_cause=Cause.PRIVATE)
    other = VideoList.objects.create(owner=alice, name="Other")
    add_video(other, 1)
    assert rest(alice).delete(f"{address}/{video.pk}/").status_code == 204
    assert (video_list.entries.count(), other.entries.count()) == (0, 1)
    assert rest(alice).delete(f"{address}/{video.pk}").status_code == 404


@pytest.mark.parametrize("video", ["0", "999", "9" * 25, "9" * 5000])
def test_it_removes_nothing_for_an_id_that_is_none(
    alice: Any, video_list: VideoList, address: str, video: str
) -> None:
    add_video(video_list)
    answer = rest(alice).delete(f"{address}/{video}")
    assert (answer.status_code, answer.json().keys(), video_list.entries.count()) == (
        404,
        {"detail"},
        1,
    )


def test_it_removes_nothing_from_anybody_elses_list(
    bob: Any, video_list: VideoList, address: str
) -> None:
    video = add_video(video_list)
    assert rest(bob).delete(f"{address}/{video.pk}").status_code == 404
    assert video_list.entries.count() == 1
