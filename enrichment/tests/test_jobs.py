"""The queue: order, claims, leases, fences."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from enrichment import jobs, services
from enrichment.limits import Permit
from enrichment.models import EnrichmentJob
from videos.models import Video

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def permit(token: str = "t") -> Permit:
    return Permit(lane="youtube:direct", token=token, epoch=1, probe=False)


def videos(count: int, start: int = 0) -> list[int]:
    return [Video.objects.create(youtube_id=f"{n:011}").pk for n in range(start, start + count)]


def queue(count: int, *, start: int = 0, bulk: bool = False, now: datetime = NOW) -> list[int]:
    ids = videos(count, start)
    jobs.enqueue(ids, bulk=bulk, now=now)
    return ids


def claimed(count: int, now: datetime = NOW) -> list[int]:
    found = [jobs.claim(permit(str(n)), now=now) for n in range(count)]
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
    assert jobs.claim(permit("a"), now=NOW)
    assert jobs.claim(permit("b"), now=NOW) is None


def test_a_claim_that_lost_its_lease_cannot_begin_or_write() -> None:
    queue(1)
    claim = jobs.claim(permit(), now=NOW)
    assert claim
    (job,) = jobs.expired(NOW + jobs.CLAIM_LEASE + timedelta(seconds=1))
    assert jobs.release(job)
    assert jobs.begin(claim, node="n", now=NOW) is None
    with pytest.raises(jobs.LeaseLost), jobs.fenced(claim):
        pytest.fail("a zombie wrote")


def test_an_attempt_is_counted_before_the_run() -> None:
    queue(1)
    claim = jobs.claim(permit(), now=NOW)
    assert claim
    job = jobs.begin(claim, node="n", now=NOW)
    assert job
    assert job.attempts == 1


def test_a_throttled_run_costs_no_attempt() -> None:
    queue(1)
    claim = jobs.claim(permit(), now=NOW)
    assert claim
    jobs.begin(claim, node="n", now=NOW)
    jobs.defer(claim, until=NOW + timedelta(minutes=1), cause="throttled", count_attempt=False)
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.throttled_rounds, job.lease_token) == (0, 1, "")
    assert jobs.head(NOW) is None
    assert jobs.head(NOW + timedelta(minutes=2))


def test_a_release_is_refused_when_the_holder_renewed_in_time() -> None:
    queue(1)
    claim = jobs.claim(permit(), now=NOW)
    assert claim
    (job,) = EnrichmentJob.objects.all()
    with jobs.fenced(claim, now=NOW + timedelta(seconds=30)):
        pass
    assert not jobs.release(job)


def test_held_jobs_wait() -> None:
    ids = queue(2)
    EnrichmentJob.objects.filter(video_id=ids[0]).update(held=True)
    assert claimed(2) == ids[1:]


def test_a_person_wanting_a_waiting_video_moves_it_up() -> None:
    ids = queue(50, bulk=True)
    claimed(5)
    jobs.promote(ids[40:41], now=NOW)
    assert claimed(1) == ids[40:41]


def test_only_people_are_served_from_the_reserve() -> None:
    queue(3, bulk=True)
    (single,) = queue(1, start=50)
    claim = jobs.claim(permit(), now=NOW, people_only=True)
    assert claim
    assert claim.video_id == single
    assert jobs.head(NOW, people_only=True) is None


def test_an_import_may_be_moved_before_all_others_in_its_own_order() -> None:
    queue(5, bulk=True)
    late = queue(3, start=50, bulk=True)
    jobs.move_to_front(Video.objects.filter(pk__in=late))
    assert claimed(3) == late
