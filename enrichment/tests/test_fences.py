"""A run that lost its job changes nothing any more, whatever took the job from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from billiard.exceptions import TimeLimitExceeded, WorkerLostError
from celery.signals import task_failure
from django.db import connection
from django.utils import timezone

from enrichment import jobs, recovery
from enrichment.jobs import Claim
from enrichment.leases import LeaseLost
from enrichment.models import EnrichmentJob, Work
from enrichment.record import VideoRecord, set_aside
from enrichment.tests.holders import NODE, a_run
from videos.causes import Cause
from videos.models import Video
from videos.stages import Stage

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


@pytest.fixture
def mine() -> Claim:
    return claimed()


def claimed(number: int = 1) -> Claim:
    video = Video.objects.create(youtube_id=f"{number:011}")
    jobs.enqueue([video.pk], bulk=False, now=timezone.now())
    claim = jobs.claim(a_run())
    assert claim
    return claim


def later(claim: Claim) -> None:
    jobs.defer(claim, jobs.AT_ONCE, "throttled")


def expire(claim: Claim) -> None:
    EnrichmentJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    recovery._free(lambda rows: rows.expired())


# Whatever ends a run's hold on its job.
ENDS: dict[str, Callable[[Claim], object]] = {
    "deferred": later,
    "handed back": jobs.hand_back,
    "other work": lambda claim: jobs.change_work(claim, Work.TRANSCRIBE),
    "finished": jobs.finish,
    "set aside": set_aside,
    "run died": lambda claim: recovery.forget_run(claim.holder),
    "node died": lambda claim: recovery.forget_node(NODE),
    "expired": expire,
    "removed": lambda claim: EnrichmentJob.objects.all().delete(),
    "taken": lambda claim: EnrichmentJob.objects.update(holder="another run"),
}


def rows() -> list[Any]:
    return [list(EnrichmentJob.objects.values()), list(Video.objects.values())]


def lose(claim: Claim, end: str) -> None:
    """The job is no longer this run's, and another one has it if there is one."""
    ENDS[end](claim)
    free = EnrichmentJob.objects.unheld()
    free.update(holder="another run", lease_until=timezone.now() + jobs.RUN_LEASE)


@pytest.mark.parametrize("end", ENDS)
def test_who_lost_a_job_writes_nothing(mine: Claim, end: str) -> None:
    lose(mine, end)
    before = rows()
    assert jobs.job_of(mine) is None
    assert not jobs.renew(mine, jobs.RUN_LEASE)
    with pytest.raises(LeaseLost), jobs.fenced(mine):
        pytest.fail("a zombie wrote")
    assert rows() == before


# What a run may still try when its job is another one's.
VERBS: dict[str, Callable[[Claim], object]] = {
    "finish": jobs.finish,
    "defer": later,
    "hand back": jobs.hand_back,
    "change work": lambda claim: jobs.change_work(claim, Work.TRANSCRIBE),
    "lose rank": jobs.lose_rank,
}


@pytest.mark.parametrize("verb", VERBS)
def test_no_verb_touches_another_runs_job(mine: Claim, verb: str) -> None:
    EnrichmentJob.objects.update(holder="another run")
    waiting = Video.objects.create(youtube_id="B" * 11)
    jobs.enqueue([waiting.pk], bulk=False, now=timezone.now())
    before = rows()
    VERBS[verb](mine)
    assert rows() == before


RECORDS: dict[str, Callable[[VideoRecord], object]] = {
    "reach": lambda record: record.reach(Stage.CHAPTERS),
    "transcript": lambda record: record.transcript(None),
    "complete": lambda record: record.complete(),
    "late": lambda record: record.late(None),
    "error": lambda record: record.error(Cause.PRIVATE),
    "parts": lambda record: record.parts_transcribed(1, 2),
}


@pytest.mark.parametrize("write", RECORDS)
def test_no_record_is_written_for_a_lost_job(mine: Claim, write: str) -> None:
    record = VideoRecord(mine, Video.objects.get())
    EnrichmentJob.objects.update(holder="another run")
    before = rows()
    with pytest.raises(LeaseLost):
        RECORDS[write](record)
    assert rows() == before


@pytest.mark.parametrize("field", ["held", "work", "not_before"])
def test_a_job_that_changed_is_not_taken(field: str) -> None:
    """Paused, handed over or put off between looking at it and taking it."""
    video = Video.objects.create(youtube_id="A" * 11)
    jobs.enqueue([video.pk], bulk=False, now=timezone.now())
    head = jobs.head()
    assert head
    changed = {
        "held": True,
        "work": Work.TRANSCRIBE,
        "not_before": timezone.now() + timedelta(hours=1),
    }
    EnrichmentJob.objects.update(**{field: changed[field]})
    assert jobs.take(head, a_run()) is None


def test_a_part_that_came_is_no_attempt(mine: Claim) -> None:
    """A transcription of many parts whose worker dies after each of them goes on to its end."""
    for part in range(jobs.MAX_ATTEMPTS + 2):
        VideoRecord(mine, Video.objects.get()).parts_transcribed(part + 1, 9)
        assert EnrichmentJob.objects.get().attempts == 1
        assert recovery.forget_run(mine.holder) == 1
        taken = jobs.claim(a_run())
        assert taken, "it was set aside"
        mine = taken


# The death of a process ---------------------------------------------------------------------------


def fail(holder: str, error: BaseException) -> None:
    task_failure.send(sender=None, exception=error, task_id=holder)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("error", [TimeLimitExceeded(1), WorkerLostError()], ids=["late", "lost"])
def test_a_dead_process_frees_its_video(error: BaseException) -> None:
    claim = claimed()
    fail(claim.holder, error)
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.attempts) == ("", 1)


def test_an_error_of_a_task_frees_nothing(mine: Claim) -> None:
    fail(mine.holder, ValueError())
    assert EnrichmentJob.objects.held_by(mine.holder).exists()


def test_a_dead_run_frees_its_own_job_alone(mine: Claim) -> None:
    other = claimed(2)
    assert recovery.forget_run(mine.holder) == 1
    assert recovery.forget_run(mine.holder) == 0
    assert EnrichmentJob.objects.held_by(other.holder).exists()


@pytest.mark.parametrize("attempts", [1, jobs.MAX_ATTEMPTS])
def test_a_lease_renewed_in_time_is_kept(mine: Claim, attempts: int) -> None:
    """The sweep has read that it is over when the run comes back with its next write."""
    past = timezone.now() - timedelta(seconds=1)
    EnrichmentJob.objects.update(lease_until=past, attempts=attempts)
    renewed: list[bool] = []

    def wrap(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith("UPDATE") and not renewed:
            renewed.append(True)
            assert jobs.renew(mine, jobs.RUN_LEASE)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(wrap):
        assert recovery._free(lambda rows: rows.expired()) == 0
    assert EnrichmentJob.objects.held_by(mine.holder).exists()
    assert Video.objects.get().import_stage == Stage.CREATED
