"""The Idempotency-Key header of POST …/videos and …/videos/batch."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from importer.imports.models import IdempotencyKey, ImportBatch
from tests.people import rest
from videos.models import ListEntry, VideoList
from videos.tests.library import video_id

pytestmark = pytest.mark.django_db


def post(
    user: Any, video_list: VideoList, path: str = "/batch", key: str | None = "k", **body: Any
) -> Any:
    headers = {} if key is None else {"idempotency-key": key}
    return rest(user).post(
        f"/api/lists/{video_list.pk}/videos{path}",
        body,
        content_type="application/json",
        headers=headers,
    )


def url(number: int) -> str:
    return f"https://youtu.be/{video_id(number)}"


def test_it_answers_the_same_request_again_and_imports_once(
    alice: Any, video_list: VideoList
) -> None:
    first, second = (post(alice, video_list, urls=[url(1), "nonsense"]) for _ in range(2))
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    assert first.json()["created"] == 1
    assert [answer.headers.get("Idempotent-Replayed") for answer in (first, second)] == [
        None,
        "true",
    ]
    assert ImportBatch.objects.count() == 1


def test_a_single_video_is_answered_as_created_again(alice: Any, video_list: VideoList) -> None:
    first, second, without = (
        post(alice, video_list, "", key, url=url(1)) for key in ("k", "k", None)
    )
    assert [answer.status_code for answer in (first, second, without)] == [201, 201, 409]
    assert first.json() == second.json()


def test_without_a_key_each_request_counts(alice: Any, video_list: VideoList) -> None:
    for _ in range(2):
        assert post(alice, video_list, key=None, urls=[url(1)]).status_code == 201
    assert ImportBatch.objects.count() == 2
    assert not IdempotencyKey.objects.exists()


def test_another_request_under_the_same_key_is_refused(alice: Any, video_list: VideoList) -> None:
    other = VideoList.objects.create(owner=alice, name="other")
    assert post(alice, video_list, urls=[url(1)]).status_code == 201
    assert post(alice, video_list, urls=[url(2)]).status_code == 422
    assert post(alice, other, urls=[url(1)]).status_code == 422
    assert (
        post(alice, video_list, "/batch/", urls=[url(1)]).status_code == 201
    )  # the closing slash is no difference
    assert ImportBatch.objects.count() == 1


def test_keys_of_different_people_are_different_keys(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    assert post(alice, video_list, urls=[url(1)]).status_code == 201
    assert post(bob, theirs, urls=[url(1)]).headers.get("Idempotent-Replayed") is None
    assert post(bob, video_list, key="fresh", urls=[url(1)]).status_code == 404
    assert ImportBatch.objects.count() == 2


def test_a_refused_request_is_not_remembered(alice: Any, video_list: VideoList) -> None:
    assert post(alice, video_list, urls=[]).status_code == 400
    assert post(alice, video_list, urls=[url(1)]).status_code == 201


def test_a_key_is_forgotten_after_a_day(alice: Any, video_list: VideoList) -> None:
    post(alice, video_list, urls=[url(1)])
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=23, minutes=59))
    assert post(alice, video_list, urls=[url(1)]).json()["created"] == 1
    IdempotencyKey.objects.update(created_at=timezone.now() - timedelta(hours=24, minutes=1))
    assert post(alice, video_list, urls=[url(1)]).json()["duplicates"] == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a\x00b", "a\tb"])
def test_a_key_that_is_none_is_refused(alice: Any, video_list: VideoList, key: str) -> None:
    assert post(alice, video_list, key=key, urls=[url(1)]).status_code == 400
    assert not ImportBatch.objects.exists()


def test_json_nested_too_deeply_for_a_key_is_refused(alice: Any, video_list: VideoList) -> None:
    for depth in range(100, 1_100, 50):
        body = '{"urls":' + "[" * depth + "]" * depth + "}"
        address = f"/api/lists/{video_list.pk}/videos/batch"
        answer = rest(alice).post(
            address, body, content_type="application/json", headers={"idempotency-key": "k"}
        )
        assert answer.status_code == 400, depth


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_imports_and_all_get_its_answer(
    alice: Any, video_list: VideoList
) -> None:
    rest(alice)

    def send(_: int) -> Any:
        try:
            return post(alice, video_list, urls=[url(n) for n in range(50)])
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(send, range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert (ImportBatch.objects.count(), ListEntry.objects.count()) == (1, 50)
