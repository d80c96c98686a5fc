"""The queue: order, claims, leases, fences."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from enrichment import jobs, recovery, services
from enrichment.leases import LeaseLost
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from videos.models import ListEntry, Video, VideoList

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def videos(count: int, start: int = 0) -> list[int]:
    return [Video.objects.create(youtube_id=f"{n:011}").pk for n in range(start, start + count)]


def queue(count: int, *, start: int = 0, bulk: bool = False, now: datetime = NOW) -> list[int]:
    ids = videos(count, start)
    jobs.enqueue(ids, bulk=bulk, now=now)
    return ids


def claimed(count: int) -> list[int]:
    found = [jobs.claim(a_run()) for _ in range(count)]
    return [claim.video_id for claim in found if claim]


def test_a_video_that_was_finished_meanwhile_gets_no_second_job() -> None:
    done, waiting = videos(2)
    Video.objects.filter(pk=done).update(import_stage="complete", import_progress=100)
    services.want_videos(video_ids=[done, waiting], large=False)
    assert list(EnrichmentJob.objects.values_list("video_id", flat=True)) == [waiting]


def test_it_serves_a_batch_in_its_order() -> None:
    ids = queue(5)
    assert claimed(6) == ids


def test_two_batches_progress_one_to_one() -> None:
    first, second = queue(4, bulk=True), queue(4, start=10, bulk=True)
    assert claimed(8) == [one for pair in zip(first, second, strict=True) for one in pair]


def test_a_single_video_is_next_however_long_the_queue() -> None:
    queue(100, bulk=True)
    claimed(30)
    (single,) = queue(1, start=500)
    assert claimed(1) == [single]


def test_a_job_that_waits_for_later_does_not_hold_the_ranks_back() -> None:
    early = queue(1)
    queue(50, start=100, bulk=True)
    EnrichmentJob.objects.filter(video_id__in=early).update(not_before=NOW + timedelta(days=1))
    claimed(20)
    late = queue(2, start=300, bulk=True)
    waiting = (
        EnrichmentJob.objects.filter(bulk=True, lease_until=None)
        .order_by("rank")
        .values_list("video_id", flat=True)
    )
    first, second = [one for one in waiting if one not in late][:2]
    assert claimed(4) == [first, late[0], second, late[1]]


def test_only_one_claims_a_job() -> None:
    queue(1)
    assert jobs.claim(a_run())
    assert jobs.claim(a_run()) is None


def test_a_claim_that_lost_its_lease_cannot_begin_or_write() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    EnrichmentJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert recovery.sweep() >= 1
    assert jobs.job_of(claim) is None
    with pytest.raises(LeaseLost), jobs.fenced(claim):
        pytest.fail("a zombie wrote")


def test_an_attempt_is_counted_before_the_run() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    job = jobs.job_of(claim)
    assert job
    assert job.attempts == 1


def test_a_throttled_run_costs_no_attempt() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    jobs.defer(claim, timedelta(minutes=1), "throttled")
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.throttled_rounds, job.holder) == (0, 1, "")
    assert jobs.head() is None
    EnrichmentJob.objects.update(not_before=timezone.now() - timedelta(seconds=1))
    assert jobs.head()


def test_a_run_that_renews_is_not_swept() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    EnrichmentJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    with jobs.fenced(claim):
        pass
    recovery.sweep()
    assert EnrichmentJob.objects.held_by(claim.holder).exists()


def test_the_same_message_twice_holds_one_job() -> None:
    """Both deliveries carry the task's id, and only one of them gets a job."""
    queue(3)
    once = a_run()
    assert [bool(jobs.claim(once)) for _ in range(2)] == [True, False]
    assert EnrichmentJob.objects.running().count() == 1


def test_held_jobs_wait() -> None:
    ids = queue(2)
    EnrichmentJob.objects.filter(video_id=ids[0]).update(held=True)
    assert claimed(2) == ids[1:]


def test_a_person_wanting_a_waiting_video_moves_it_up() -> None:
    ids = queue(50, bulk=True)
    claimed(5)
    jobs.promote(ids[40:41])
    assert claimed(1) == ids[40:41]


def test_only_people_are_served_from_the_reserve() -> None:
    queue(3, bulk=True)
    (single,) = queue(1, start=50)
    claim = jobs.claim(a_run(), people_only=True)
    assert claim
    assert claim.video_id == single
    assert jobs.head(people_only=True) is None


def test_an_import_moved_to_the_front_keeps_its_own_order() -> None:
    queue(5, bulk=True)
    late = queue(3, start=50, bulk=True)
    jobs.move_to_front(late)
    assert claimed(3) == late


@pytest.mark.parametrize("apart", [timedelta(seconds=-100), timedelta(seconds=100)])
def test_two_hosts_whose_clocks_are_apart_agree(apart: timedelta) -> None:
    """One host takes a job, another one sweeps. The clock is the database's."""
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + apart):
        services.want_videos(video_ids=videos(1), large=False)
    list_all()
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + apart):
        claim = jobs.claim(a_run())
    assert claim
    assert recovery.sweep() == 0
    assert EnrichmentJob.objects.held_by(claim.holder).exists()


def list_all() -> None:
    """Every video is in somebody's list."""
    owner = get_user_model().objects.create_user("alice")
    video_list = VideoList.objects.create(owner=owner, name="x")
    for position, video in enumerate(Video.objects.all()):
        ListEntry.objects.create(video_list=video_list, video=video, position=position)
