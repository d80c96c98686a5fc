"""GET /api/imports, GET /api/imports/{id}."""

from typing import Any

import pytest

from importer.tests.ledger import end, start
from tests.people import rest
from videos.causes import Cause
from videos.models import VideoList
from videos.stages import CaptionsSource

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def test_it_counts_what_the_contract_names(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1, 2, 3, 4, 4, text="hello")
    end(1)
    end(2, cause=Cause.PRIVATE)
    end(3, captions=CaptionsSource.NONE)
    for slash in ("", "/"):
        answer = rest(alice).get(f"/api/imports/{batch.pk}{slash}").json()
        expected = {
            "id": batch.pk,
            "list": video_list.pk,
            "state": "running",
            "source": "web",
            "finished_at": None,
            "total": 4,
            "done": 3,
            "failed": 1,
            "without_captions": 1,
            "duplicates": 1,
            "invalid": 1,
            "expanding": 0,
            "percent": 75,
            "throttled_until": None,
        }
        assert {name: answer[name] for name in expected} == expected
        assert answer["eta_seconds"] >= 0


def test_before_anything_was_done_the_lanes_pace_is_the_estimate(
    alice: Any, video_list: VideoList
) -> None:
    batch = start(video_list, 1, 2)
    answer = rest(alice).get(f"/api/imports/{batch.pk}").json()
    assert (answer["percent"], answer["eta_seconds"]) == (0, 4)


def test_a_finished_import_says_when_and_what(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    end(2, cause=Cause.PRIVATE)
    answer = rest(alice).get(f"/api/imports/{batch.pk}").json()
    assert (answer["state"], answer["percent"], answer["eta_seconds"]) == ("finished", 100, None)
    assert answer["finished_at"]
    assert answer["summary"] == "1 video imported, 1 not available"


def test_it_lists_the_callers_imports_the_newest_first(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    start(VideoList.objects.create(owner=bob, name="Bob's"), 9)
    batches = [start(video_list, n) for n in range(5)]
    client = rest(alice)
    first = client.get("/api/imports?page_size=3").json()
    second = client.get(first["next"]).json()
    assert [row["id"] for row in first["results"] + second["results"]] == [
        batch.pk for batch in batches
    ][::-1]
    assert client.get(second["previous"]).json()["results"] == first["results"]
    assert second["next"] is None


@pytest.mark.parametrize("many", [1, 40])
def test_it_lists_any_number_with_the_same_queries(
    alice: Any, video_list: VideoList, django_assert_num_queries: Any, many: int
) -> None:
    for n in range(many):
        start(video_list, n)
    client = rest(alice)
    # the caller, the page, their counts, what is wanted of the queue, how long that is, what is
    # wanted of lately, the lane
    with django_assert_num_queries(10):
        assert len(client.get("/api/imports").json()["results"]) == many


@pytest.mark.parametrize("path", ["", "/items", "/items?format=csv"])
def test_it_knows_nothing_of_anybody_elses_import(
    bob: Any, video_list: VideoList, path: str
) -> None:
    batch = start(video_list, 1)
    answer = rest(bob).get(f"/api/imports/{batch.pk}{path}")
    assert (answer.status_code, answer.json().keys()) == (404, {"detail"})


@pytest.mark.parametrize("number", ["0", "9" * 25, "9" * 5000, "x"])
@pytest.mark.parametrize("path", ["", "/items", "/pause", "/resume", "/cancel", "/retry"])
def test_it_answers_404_for_an_id_that_is_none(alice: Any, number: str, path: str) -> None:
    method = rest(alice).get if path in ("", "/items") else rest(alice).post
    assert method(f"/api/imports/{number}{path}").status_code == 404
