"""POST /api/lists/{id}/videos: one video by its address."""

from typing import Any

import pytest

from enrichment.models import EnrichmentJob
from importer.imports.models import ImportBatch, ImportItem, Verdict
from tests.people import rest
from videos.models import Video, VideoList
from videos.stages import Stage
from videos.tests.library import add_video, video_id

pytestmark = pytest.mark.django_db
ID = "dQw4w9WgXcQ"


def add(user: Any, video_list: VideoList, url: Any, slash: str = "") -> Any:
    return rest(user).post(
        f"/api/lists/{video_list.pk}/videos{slash}", {"url": url}, content_type="application/json"
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_it_answers_the_created_video_at_once(
    alice: Any, video_list: VideoList, slash: str
) -> None:
    answer = add(alice, video_list, f"https://youtu.be/{ID}?t=42", slash)
    assert answer.status_code == 201
    video = Video.objects.get()
    assert answer.json() == {
        "id": video.pk,
        "youtube_id": ID,
        "url": f"https://www.youtube.com/watch?v={ID}",
        "title": "",
        "channel": "",
        "duration": None,
        "published_at": None,
        "thumbnail_url": f"https://img.youtube.com/vi/{ID}/mqdefault.jpg",
        "import_stage": "created",
        "import_progress": 0,
        "error": None,
        "captions_source": "",
        "version": 0,
    }
    assert EnrichmentJob.objects.get().video == video
    assert ImportItem.objects.get().text == f"https://youtu.be/{ID}?t=42"


def test_it_answers_409_with_the_existing_one(alice: Any, video_list: VideoList) -> None:
    first = add(alice, video_list, ID)
    second = add(alice, video_list, f"https://www.youtube.com/watch?v={ID}&feature=share")
    assert (second.status_code, second.json()) == (409, first.json())
    assert ImportBatch.objects.count() == 1


def test_a_known_video_is_there_at_once_without_any_work(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    add_video(theirs, 1)
    answer = add(alice, video_list, f"https://www.youtube.com/watch?v={video_id(1)}")
    assert (answer.status_code, answer.json()["import_stage"]) == (201, "complete")
    assert not EnrichmentJob.objects.exists()
    assert ImportItem.objects.get().verdict == Verdict.NEW


def test_a_failed_video_that_may_work_by_now_gets_a_new_attempt(
    alice: Any, bob: Any, video_list: VideoList
) -> None:
    theirs = VideoList.objects.create(owner=bob, name="Bob's")
    add_video(theirs, 1, stage=Stage.ERROR, error_cause="youtube_changed")
    answer = add(alice, video_list, f"https://youtu.be/{video_id(1)}")
    assert (answer.status_code, answer.json()["import_stage"], answer.json()["error"]) == (
        201,
        "created",
        None,
    )


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/watch?v=dQw4w9WgXcQ",
        "https://youtube.com.evil.example/watch?v=dQw4w9WgXcQ",
        "https://www.youtube.com/",
        "https://www.youtube.com/watch?v=short",
        "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps",
        "https://www.youtube.com/@handle",
        "hello",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "--exec=rm",
        "",
        "   ",
        "\0",
        "dQw4w9WgXcQ\0",
        "x" * 2001,
        None,
        [],
        {},
        ["https://youtu.be/dQw4w9WgXcQ"],
        True,
        10**30,
    ],
)
def test_it_refuses_what_is_no_video(alice: Any, video_list: VideoList, url: Any) -> None:
    answer = add(alice, video_list, url)
    assert (answer.status_code, list(answer.json())) == (400, ["url"]), answer.content
    assert all(isinstance(message, str) and message for message in answer.json()["url"])
    assert (Video.objects.count(), ImportBatch.objects.count()) == (0, 0)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"7",
        b'"x"',
        b"{",
        b"\xff\xfe",
        b'{"url": NaN}',
        b'{"url": "\\ud800"}',
        b"[" * 100_000,
    ],
)
def test_it_refuses_a_body_it_cannot_read(alice: Any, video_list: VideoList, body: bytes) -> None:
    answer = rest(alice).post(
        f"/api/lists/{video_list.pk}/videos", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()


def test_it_refuses_a_format_it_does_not_read(alice: Any, video_list: VideoList) -> None:
    answer = rest(alice).post(f"/api/lists/{video_list.pk}/videos", ID, content_type="text/plain")
    assert (answer.status_code, answer.json().keys()) == (415, {"detail"})


def test_it_takes_a_form_too(alice: Any, video_list: VideoList) -> None:
    assert rest(alice).post(f"/api/lists/{video_list.pk}/videos", {"url": ID}).status_code == 201


def test_it_knows_nothing_of_anybody_elses_list(bob: Any, video_list: VideoList) -> None:
    assert add(bob, video_list, ID).status_code == 404
    assert not Video.objects.exists()


def test_it_needs_the_same_queries_in_a_long_list(
    alice: Any, video_list: VideoList, django_assert_max_num_queries: Any
) -> None:
    for n in range(60):
        add_video(video_list, n)
    client = rest(alice)
    with django_assert_max_num_queries(24):
        answer = client.post(
            f"/api/lists/{video_list.pk}/videos", {"url": ID}, content_type="application/json"
        )
    assert answer.status_code == 201
