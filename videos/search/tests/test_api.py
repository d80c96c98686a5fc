"""GET /api/search."""

from typing import Any

import pytest

from tests.people import rest
from videos import services
from videos.models import ListEntry, Tag, VideoList
from videos.search.tests.spoken import add_chapter, say
from videos.stages import CaptionsSource

pytestmark = pytest.mark.django_db


@pytest.mark.slow
def test_search_answers_moments(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "nothing", "a clock ticks", title="Springs", note="my clock")
    add_chapter(video, "Clocks", start=60.0)
    answer = rest(alice).get("/api/search?q=clock")
    assert answer.status_code == 200
    (result,) = answer.json()["results"]
    assert result["video"]["id"] == video.pk
    assert result["video"]["title"] == "Springs"
    assert result["lists"] == [video_list.pk]
    assert result["hits"] == 1
    (moment,) = result["moments"]
    assert moment["start"] == 4.0
    start, end = moment["marks"][0]
    assert moment["text"][start:end] == "clock"
    assert [place["kind"] for place in result["places"]] == ["chapter", "note"]
    assert answer.json()["next"] is None
    assert answer.json()["total"] == 1
    assert answer.json()["is_exact"] is True


def test_search_pages_by_next(alice: Any, video_list: VideoList) -> None:
    expected = {say(video_list, number, "a clock").pk for number in range(7)}
    client = rest(alice)
    shown = []
    address = "/api/search/?q=clock&page_size=3"
    while address:
        answer = client.get(address).json()
        shown += [result["video"]["id"] for result in answer["results"]]
        address = answer["next"]
    assert len(shown) == 7
    assert set(shown) == expected


def test_search_keeps_to_a_list(alice: Any, video_list: VideoList) -> None:
    other = VideoList.objects.create(owner=alice, name="Other")
    here = say(video_list, 1, "a clock")
    say(other, 2, "a clock")
    answer = rest(alice).get(f"/api/search?q=clock&list={video_list.pk}").json()
    assert [result["video"]["id"] for result in answer["results"]] == [here.pk]


@pytest.mark.parametrize(
    "query",
    [
        "stage=complete",
        "captions=whisper",
        "length=long",
        "channel=Springs",
        "tag=seen",
        "added=day",
    ],
)
def test_search_takes_a_lists_filters(alice: Any, video_list: VideoList, query: str) -> None:
    wanted = say(
        video_list,
        1,
        "a clock",
        channel="Springs",
        duration=2000,
        captions_source=CaptionsSource.WHISPER,
    )
    other = say(video_list, 2, "a clock", import_stage="error", error_cause="private")
    tag = Tag.objects.create(owner=alice, name="seen")
    ListEntry.objects.get(video=wanted).tags.add(tag)
    ListEntry.objects.filter(video=other).update(added_at="2020-01-01T00:00:00Z")
    answer = rest(alice).get(f"/api/search?q=clock&{query}").json()
    assert [result["video"]["id"] for result in answer["results"]] == [wanted.pk]


@pytest.mark.parametrize("query", ["stage=new", "list=x", "cursor=-1", "page_size=0", "added=x"])
def test_search_refuses_unknown_filters(alice: Any, query: str) -> None:
    answer = rest(alice).get(f"/api/search?q=clock&{query}")
    assert answer.status_code == 400
    assert list(answer.json()) == [query.partition("=")[0]]


def test_search_hides_others_lists(alice: Any, bob: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock")
    assert rest(bob).get(f"/api/search?q=clock&list={video_list.pk}").status_code == 404
    assert rest(bob).get("/api/search?q=clock").json()["results"] == []


def test_search_needs_a_login(client: Any, db: None) -> None:
    assert client.get("/api/search?q=clock").status_code == 401


def test_deleted_list_is_found_again_after_undo(alice: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock")
    client = rest(alice)
    services.delete_list(video_list=video_list)
    assert client.get("/api/search?q=clock").json()["results"] == []
    VideoList.objects.filter(pk=video_list.pk).update(deleted_at=None)
    assert len(client.get("/api/search?q=clock").json()["results"]) == 1


def test_title_of_a_file_stands_in(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "a clock")
    ListEntry.objects.filter(video=video).update(file_title="From a file")
    (result,) = rest(alice).get("/api/search?q=clock").json()["results"]
    assert result["video"]["title"] == "From a file"
