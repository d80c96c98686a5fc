"""GET/POST /api/lists, GET/PATCH/DELETE /api/lists/{id}."""

from typing import Any

import pytest
from django.test import Client

from tests.people import rest
from videos.models import Video, VideoList
from videos.tests.library import add_video

pytestmark = pytest.mark.django_db


def test_it_lists_the_callers_own_lists_with_their_counts(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    add_video(video_list, 1)
    add_video(video_list, 2)
    add_video(VideoList.objects.create(owner=bob, name="Bob's"), 1)
    (one,) = rest(alice).get("/api/lists").json()
    assert (one["id"], one["name"], one["count"]) == (video_list.pk, "Clocks", 2)


@pytest.mark.parametrize("many", [1, 30])
def test_it_lists_any_number_of_lists_with_the_same_queries(
    alice: Any, django_assert_num_queries: Any, many: int
) -> None:
    for number in range(many):
        VideoList.objects.create(owner=alice, name=f"{number}")
    client = rest(alice)
    with django_assert_num_queries(2):
        assert len(client.get("/api/lists/").json()) == many


def test_it_makes_a_list(alice: Any) -> None:
    answer = rest(alice).post(
        "/api/lists", {"name": "  Springs  "}, content_type="application/json"
    )
    assert answer.status_code == 201
    made = VideoList.objects.get(pk=answer.json()["id"])
    assert (made.owner, made.name, answer.json()["count"]) == (alice, "Springs", 0)


@pytest.mark.parametrize(
    "body",
    [
        "{}",
        '{"name": ""}',
        '{"name": "   "}',
        '{"name": null}',
        '{"name": ["x"]}',
        '{"name": "a\\u0000b"}',
        '{"name": "\\ud800"}',
        "[]",
        "7",
    ],
)
def test_it_refuses_a_name_that_is_none(alice: Any, body: str) -> None:
    assert rest(alice).post("/api/lists", body, content_type="application/json").status_code == 400
    assert not VideoList.objects.exists()


def test_it_refuses_a_name_that_is_too_long(alice: Any) -> None:
    answer = rest(alice).post("/api/lists", {"name": "x" * 201}, content_type="application/json")
    assert (answer.status_code, list(answer.json())) == (400, ["name"])


def test_it_shows_one_list(alice: Any, video_list: VideoList) -> None:
    add_video(video_list)
    for address in (f"/api/lists/{video_list.pk}", f"/api/lists/{video_list.pk}/"):
        answer = rest(alice).get(address)
        assert (answer.status_code, answer.json()["name"], answer.json()["count"]) == (
            200,
            "Clocks",
            1,
        )


def test_it_renames_a_list(alice: Any, video_list: VideoList) -> None:
    answer = rest(alice).patch(
        f"/api/lists/{video_list.pk}", {"name": "Watches"}, content_type="application/json"
    )
    video_list.refresh_from_db()
    assert (answer.status_code, answer.json()["name"], video_list.name) == (
        200,
        "Watches",
        "Watches",
    )


def test_it_takes_no_other_field(alice: Any, bob: Any, video_list: VideoList) -> None:
    body = {"name": "Mine", "owner": bob.pk, "last_position": 99, "id": 77, "count": 5}
    rest(alice).patch(f"/api/lists/{video_list.pk}", body, content_type="application/json")
    video_list.refresh_from_db()
    assert (video_list.owner, video_list.last_position) == (alice, 0)


def test_it_deletes_a_list_and_keeps_its_videos(alice: Any, video_list: VideoList) -> None:
    add_video(video_list)
    assert rest(alice).delete(f"/api/lists/{video_list.pk}").status_code == 204
    assert rest(alice).get("/api/lists").json() == []
    assert (rest(alice).get(f"/api/lists/{video_list.pk}").status_code, Video.objects.count()) == (
        404,
        1,
    )


@pytest.mark.parametrize("method", ["get", "patch", "delete"])
def test_it_knows_nothing_of_anybody_elses_list(
    bob: Any, video_list: VideoList, method: str
) -> None:
    answer = getattr(rest(bob), method)(
        f"/api/lists/{video_list.pk}", {"name": "Bob's"}, content_type="application/json"
    )
    assert answer.status_code == 404
    assert answer.json().keys() == {"detail"}
    assert VideoList.objects.get().name == "Clocks"


def test_it_does_not_replace(alice: Any, video_list: VideoList) -> None:
    assert (
        rest(alice)
        .put(f"/api/lists/{video_list.pk}", {"name": "x"}, content_type="application/json")
        .status_code
        == 405
    )


def test_it_takes_a_session_with_its_csrf_token_only(alice: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(alice)
    assert client.get("/api/lists").status_code == 200
    assert (
        client.post("/api/lists", {"name": "x"}, content_type="application/json").status_code == 403
    )
    assert not VideoList.objects.exists()
