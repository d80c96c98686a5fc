"""Which job is to blame when a worker dies."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone

from enrichment import jobs, recovery, unlisted
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import NODE, a_run
from videos.models import ListEntry, Video, VideoList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]


def queue(count: int) -> list[int]:
    ids = [Video.objects.create(youtube_id=f"{n:011}").pk for n in range(count)]
    jobs.enqueue(ids, bulk=False, now=timezone.now())
    return ids


def begin(count: int) -> list[jobs.Claim]:
    """As many runs as may begin, at most so many."""
    found = [jobs.claim(a_run()) for _ in range(count)]
    return [claim for claim in found if claim]


def errors() -> list[str]:
    return list(Video.objects.filter(import_stage="error").values_list("error_cause", flat=True))


def test_a_job_whose_own_process_dies_three_times_is_set_aside() -> None:
    queue(1)
    for _ in range(3):
        (claim,) = begin(1)
        assert recovery.forget_run(claim.holder) == 1
    assert errors() == ["too_many_attempts"]


def test_jobs_of_a_dead_worker_are_not_blamed_and_run_alone() -> None:
    ids = queue(4)
    begin(3)
    assert recovery.forget_node(NODE) == 3
    assert set(EnrichmentJob.objects.values_list("attempts", flat=True)) == {0}
    for wanted in ids[:3]:
        (alone,) = begin(3)
        assert alone.video_id == wanted
        jobs.finish(alone)
    assert [claim.video_id for claim in begin(3)] == ids[3:]


def test_a_suspect_waits_until_nothing_else_runs() -> None:
    ids = queue(3)
    begin(1)
    EnrichmentJob.objects.filter(video_id=ids[1]).update(last_cause=jobs.SUSPECT)
    assert begin(2) == []
    EnrichmentJob.objects.filter(video_id=ids[0]).delete()
    assert [claim.video_id for claim in begin(2)] == [ids[1]]


def test_a_dead_process_is_its_own_jobs_fault() -> None:
    """Also beside others: they live on in processes of their own."""
    queue(2)
    mine, other = begin(2)
    assert recovery.forget_run(mine.holder) == 1
    job = EnrichmentJob.objects.get(pk=mine.job_id)
    assert (job.attempts, job.last_cause) == (1, "")
    assert EnrichmentJob.objects.held_by(other.holder).exists()


def test_a_job_alone_in_its_worker_is_blamed_at_once() -> None:
    queue(2)
    begin(1)
    EnrichmentJob.objects.unheld().update(
        holder="elsewhere", node="celery@there", lease_until=timezone.now() + jobs.RUN_LEASE
    )
    assert recovery.forget_node(NODE) == 1
    job = EnrichmentJob.objects.unheld().get()
    assert (job.attempts, job.last_cause) == (1, "")


def test_a_sweep_counts_what_it_freed_and_brought_back(video_list: VideoList) -> None:
    """One run's lease is over, and one listed video has no job."""
    ids = queue(1)
    assert begin(1)
    EnrichmentJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    lost = Video.objects.create(youtube_id="B" * 11)
    for position, pk in enumerate([*ids, lost.pk], 1):
        ListEntry.objects.create(video_list=video_list, video_id=pk, position=position)
    assert recovery.sweep(recovery.Place()) == 2
    assert recovery.sweep(recovery.Place()) == 0


def test_a_sweep_goes_on_where_the_last_one_ended(
    video_list: VideoList, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One job and one video at a time: of the first there is nothing to mend."""
    monkeypatch.setattr(unlisted, "AT_A_TIME", 1)
    listed, _unwanted = queue(2)
    lost = Video.objects.create(youtube_id="B" * 11).pk
    for position, pk in enumerate([listed, lost], 1):
        ListEntry.objects.create(video_list=video_list, video_id=pk, position=position)
    place = recovery.Place()
    assert [recovery.sweep(place) for _ in range(3)] == [0, 0, 1]
    assert set(EnrichmentJob.objects.values_list("video", flat=True)) == {listed, lost}


def test_poison_job_is_set_aside_and_the_others_go_on() -> None:
    poison, *_ = queue(3)
    deaths = 0
    while claims := begin(3):
        if poison in {claim.video_id for claim in claims}:
            recovery.forget_node(NODE)
            deaths += 1
        else:
            for claim in claims:
                jobs.finish(claim)
    assert errors() == ["too_many_attempts"]
    assert deaths == 4  # once in company, three times alone


def test_a_suspect_that_was_throttled_is_none_any_more() -> None:
    queue(2)
    begin(2)
    recovery.forget_node(NODE)
    (alone,) = begin(2)
    jobs.defer(alone, timedelta(minutes=1), "throttled")
    assert EnrichmentJob.objects.get(pk=alone.job_id).last_cause == "throttled"


def test_clock_that_steps_back_doubles_nothing() -> None:
    """On SQLite the clock is the host's. When it steps back an hour, all dates seem an hour late:
    what runs goes on and is taken by nobody else, and a dead worker's work is free as ever.
    """
    queue(2)
    (claim,) = begin(1)
    hour = timedelta(hours=1)
    EnrichmentJob.objects.update(not_before=F("not_before") + hour)
    EnrichmentJob.objects.running().update(lease_until=F("lease_until") + hour)
    assert begin(2) == []
    assert recovery.sweep() == 0
    assert jobs.renew(claim, jobs.RUN_LEASE)
    assert EnrichmentJob.objects.running().get().lease_until < timezone.now() + hour
    assert recovery.forget_node(NODE) == 1
