"""The queue: order, claims, leases, fences."""

from datetime import datetime, timedelta
from unittest import mock

import pytest
from django.contrib.auth import get_user_model
from django.db.models import F
from django.utils import timezone

from enrichment import jobs, recovery, services
from enrichment.leases import LeaseLost
from enrichment.models import EnrichmentJob, Work
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


def test_the_next_rank_follows_the_last_of_an_import() -> None:
    ids = videos(3)
    assert jobs.enqueue(ids, bulk=True, now=NOW) == 3
    ranks = EnrichmentJob.objects.order_by("rank").values_list("video_id", "rank")
    assert list(ranks) == list(zip(ids, range(3), strict=True))


def test_a_page_of_an_import_goes_behind_the_one_before() -> None:
    queue(2)
    (later,) = videos(1, start=10)
    assert jobs.enqueue([later], bulk=True, now=NOW, first_rank=7) == 8
    assert EnrichmentJob.objects.get(video=later).rank == 7
    EnrichmentJob.objects.update(rank=F("rank") + 20)
    (last,) = videos(1, start=11)
    assert jobs.enqueue([last], bulk=True, now=NOW, first_rank=8) == 21, "never before what is next"


def test_while_all_are_running_a_new_one_ranks_with_the_last() -> None:
    queue(3)
    claimed(3)
    assert jobs.rank_now_served() == 2


def test_a_video_keeps_the_job_it_has() -> None:
    ids = queue(2)
    before = list(EnrichmentJob.objects.order_by("pk").values("pk", "rank", "bulk"))
    jobs.enqueue([*ids, *videos(1, start=10)], bulk=True, now=NOW)
    after = list(EnrichmentJob.objects.order_by("pk").values("pk", "rank", "bulk"))
    assert after[:2] == before
    assert len(after) == 3


def test_a_promoted_video_is_no_part_of_a_bulk() -> None:
    ids = queue(2, bulk=True)
    jobs.promote(ids[1:])
    assert list(EnrichmentJob.objects.filter(bulk=False).values_list("video", flat=True)) == ids[1:]


def test_what_is_moved_to_the_front_goes_before_all() -> None:
    """Also before what has the very rank that is served now."""
    queue(3)
    EnrichmentJob.objects.update(rank=F("rank") + 40)
    (late,) = queue(1, start=50)
    jobs.move_to_front([late])
    first = EnrichmentJob.objects.exclude(video=late).order_by("rank").first()
    assert first
    assert EnrichmentJob.objects.get(video=late).rank < first.rank
    assert claimed(1) == [late]


def test_nothing_is_moved_where_nothing_waits() -> None:
    ids = queue(1)
    claimed(1)
    before = EnrichmentJob.objects.get().rank
    jobs.move_to_front(ids)
    assert EnrichmentJob.objects.get().rank == before


def test_what_is_brought_forward_may_run_now() -> None:
    """But for what runs already."""
    later, running = queue(2)
    EnrichmentJob.objects.filter(video=later).update(not_before=NOW + timedelta(days=1))
    EnrichmentJob.objects.filter(video=running).update(
        holder="another", lease_until=NOW + timedelta(hours=1)
    )
    jobs.bring_forward(EnrichmentJob.objects.all(), rank=9)
    assert list(jobs.due().values_list("video", "rank")) == [(later, 9)]
    assert EnrichmentJob.objects.get(video=running).rank == 1


def test_a_job_that_loses_its_rank_is_last() -> None:
    ids = queue(3)
    claim = jobs.claim(a_run())
    assert claim
    jobs.lose_rank(claim)
    jobs.hand_back(claim)
    assert claimed(3) == [*ids[1:], ids[0]]


def test_a_job_that_is_alone_keeps_its_rank() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    jobs.lose_rank(claim)
    assert EnrichmentJob.objects.get().rank == 0


def test_a_job_handed_back_has_lost_no_attempt() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    jobs.hand_back(claim)
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.throttled_rounds) == (0, 0)
    assert jobs.claim(a_run()), "it may run again at once"


def test_other_work_begins_with_all_its_attempts() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    EnrichmentJob.objects.update(attempts=2, throttled_rounds=3)
    jobs.change_work(claim, Work.TRANSCRIBE)
    job = EnrichmentJob.objects.get()
    assert (job.work, job.attempts, job.throttled_rounds) == (Work.TRANSCRIBE, 0, 0)


def test_an_attempt_that_counts_is_no_throttled_round() -> None:
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    jobs.defer(claim, timedelta(minutes=1), "internal", count_attempt=True)
    job = EnrichmentJob.objects.get()
    assert (job.attempts, job.throttled_rounds, job.last_cause) == (1, 0, "internal")


def test_a_paused_job_is_not_renewed_but_still_written() -> None:
    """A run stops before its next request; what it has is kept."""
    queue(1)
    claim = jobs.claim(a_run())
    assert claim
    assert jobs.renew(claim, jobs.RUN_LEASE)
    EnrichmentJob.objects.update(held=True)
    assert not jobs.renew(claim, jobs.RUN_LEASE)
    with jobs.fenced(claim):
        pass


@pytest.mark.parametrize(
    ("rounds", "asked", "seconds"),
    [(0, None, 30), (1, None, 60), (3, None, 240), (9, None, 3600), (0, 90.0, 90), (3, 90.0, 240)],
)
def test_a_wait_grows_with_each_round(rounds: int, asked: float | None, seconds: int) -> None:
    job = EnrichmentJob(throttled_rounds=rounds)
    wait = jobs.growing_wait(job, timedelta(seconds=30), timedelta(hours=1), asked)
    assert wait == timedelta(seconds=seconds)


def test_a_wait_grows_for_ever_without_trouble() -> None:
    job = EnrichmentJob(throttled_rounds=30_000)
    assert jobs.growing_wait(job, timedelta(hours=1), timedelta(hours=6)) == timedelta(hours=6)


def test_a_transcription_is_claimed_when_none_runs() -> None:
    assert jobs.claim_transcription(a_run()) is None
    first, second = queue(2)
    EnrichmentJob.objects.update(work=Work.TRANSCRIBE)
    claim = jobs.claim_transcription(a_run())
    assert claim
    assert claim.video_id == first
    assert jobs.claim_transcription(a_run()) is None, "one at a time"
    jobs.finish(claim)
    claim = jobs.claim_transcription(a_run())
    assert claim
    assert claim.video_id == second


def test_a_run_of_youtube_keeps_no_transcription_back() -> None:
    queue(2)
    assert jobs.claim(a_run())
    EnrichmentJob.objects.unheld().update(work=Work.TRANSCRIBE)
    assert jobs.claim_transcription(a_run())


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
