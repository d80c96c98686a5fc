"""POST /api/imports/{id}/pause, /resume, /cancel, /retry and POST /api/videos/{id}/retry."""

from typing import Any

import pytest

from enrichment.models import EnrichmentJob
from importer.imports.models import BatchState, ImportBatch
from importer.tests.ledger import end, start
from tests.people import rest
from videos.causes import Cause
from videos.models import Video, VideoList
from videos.stages import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
LEVERS = ("pause", "resume", "cancel", "retry", "front")


def pull(user: Any, batch: ImportBatch, lever: str, slash: str = "", **body: Any) -> Any:
    return rest(user).post(
        f"/api/imports/{batch.pk}/{lever}{slash}", body, content_type="application/json"
    )


@pytest.mark.parametrize("slash", ["", "/"])
def test_it_pauses_and_resumes(alice: Any, video_list: VideoList, slash: str) -> None:
    batch = start(video_list, 1, 2)
    paused = pull(alice, batch, "pause", slash)
    assert (paused.status_code, paused.json()["state"]) == (200, "paused")
    assert EnrichmentJob.objects.filter(held=True).count() == 2
    resumed = pull(alice, batch, "resume", slash)
    assert (resumed.status_code, resumed.json()["state"]) == (200, "running")
    assert not EnrichmentJob.objects.filter(held=True).exists()


def test_it_cancels(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1)
    cancelled = pull(alice, batch, "cancel")
    assert (cancelled.status_code, cancelled.json()["state"]) == (200, "cancelled")
    assert (video_list.entries.count(), EnrichmentJob.objects.count()) == (1, 0)


@pytest.mark.parametrize(
    ("state", "forbidden"),
    [
        (BatchState.RUNNING, ("resume",)),
        (BatchState.PAUSED, ("pause",)),
        (BatchState.FINISHED, ("pause", "resume", "cancel", "front")),
        (BatchState.CANCELLED, LEVERS),
    ],
)
def test_it_answers_409_where_the_state_forbids_it(
    alice: Any, video_list: VideoList, state: BatchState, forbidden: tuple[str, ...]
) -> None:
    batch = start(video_list, 1)
    for lever in LEVERS:
        ImportBatch.objects.update(state=state)
        answer = pull(alice, batch, lever)
        assert (answer.status_code == 409) == (lever in forbidden), lever
        assert answer.status_code in (200, 409)
        if lever in forbidden:
            assert answer.json().keys() == {"detail"}
            assert ImportBatch.objects.get().state == state


def test_it_retries_all_that_failed(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1, 2, 3)
    end(1, cause=Cause.PRIVATE)
    end(2, cause=Cause.NETWORK)
    end(3)
    answer = pull(alice, batch, "retry")
    assert (answer.status_code, answer.json()["state"], answer.json()["failed"]) == (
        200,
        "running",
        0,
    )
    assert (
        Video.objects.filter(import_stage=Stage.CREATED, import_progress=0).count()
        == EnrichmentJob.objects.count()
        == 2
    )


def test_it_retries_those_of_one_cause(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1, 2)
    end(1, cause=Cause.PRIVATE)
    end(2, cause=Cause.NETWORK)
    assert pull(alice, batch, "retry", cause="network").json()["failed"] == 1
    assert EnrichmentJob.objects.count() == 1


def test_a_retry_with_nothing_to_retry_changes_nothing(alice: Any, video_list: VideoList) -> None:
    batch = start(video_list, 1)
    end(1)
    answer = pull(alice, batch, "retry", cause=None)
    assert (answer.status_code, answer.json()["state"]) == (200, "finished")


@pytest.mark.parametrize(
    "body",
    [
        b'{"cause": "x"}',
        b'{"cause": 7}',
        b'{"cause": ["network"]}',
        b"[1]",
        b"{",
        b'{"cause": "\\u0000"}',
        b'{"cause": "\\ud800"}',  # no answer can repeat that
    ],
)
def test_it_refuses_a_cause_that_is_none(alice: Any, video_list: VideoList, body: bytes) -> None:
    batch = start(video_list, 1)
    answer = rest(alice).post(
        f"/api/imports/{batch.pk}/retry", body, content_type="application/json"
    )
    assert answer.status_code == 400
    assert answer.json()


@pytest.mark.parametrize("lever", LEVERS)
def test_it_knows_nothing_of_anybody_elses_import(
    bob: Any, video_list: VideoList, lever: str
) -> None:
    batch = start(video_list, 1)
    assert pull(bob, batch, lever).status_code == 404
    assert ImportBatch.objects.get().state == BatchState.RUNNING


@pytest.mark.parametrize("lever", LEVERS)
def test_a_mere_get_pulls_no_lever(alice: Any, video_list: VideoList, lever: str) -> None:
    batch = start(video_list, 1)
    assert rest(alice).get(f"/api/imports/{batch.pk}/{lever}").status_code == 405
    assert ImportBatch.objects.get().state == BatchState.RUNNING


def test_it_retries_one_video(alice: Any, video_list: VideoList) -> None:
    start(video_list, 1)
    end(1, cause=Cause.NETWORK)
    video = Video.objects.get()
    answer = rest(alice).post(f"/api/videos/{video.pk}/retry/")
    assert (answer.status_code, answer.json()["import_stage"], answer.json()["error"]) == (
        200,
        "created",
        None,
    )
    assert answer.json()["version"] > video.version
    assert answer.json()["chapters"] == []


def test_only_a_failed_video_is_retried(alice: Any, video_list: VideoList) -> None:
    start(video_list, 1)
    answer = rest(alice).post(f"/api/videos/{Video.objects.get().pk}/retry")
    assert (answer.status_code, answer.json().keys()) == (409, {"detail"})


def test_nobody_elses_video_is_retried(bob: Any, video_list: VideoList) -> None:
    start(video_list, 1)
    end(1, cause=Cause.NETWORK)
    assert rest(bob).post(f"/api/videos/{Video.objects.get().pk}/retry").status_code == 404
    assert Video.objects.get().import_stage == Stage.ERROR
