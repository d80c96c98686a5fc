"""The verbs of leased work, each for the row it means and no other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from enrichment.jobs import RUN_LEASE
from enrichment.leases import database_now, once_more
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from videos.models import Video

pytestmark = pytest.mark.django_db


def add_job(number: int = 1, **fields: Any) -> EnrichmentJob:
    video = Video.objects.create(youtube_id=f"{number:011}")
    return EnrichmentJob.objects.create(video=video, rank=number, **fields)


def add_held_job(**fields: Any) -> EnrichmentJob:
    return add_job(holder="mine", lease_until=database_now() + RUN_LEASE, **fields)


def test_the_first_row_is_taken_once_by_a_run() -> None:
    """The same message twice: the second finds nothing, also where the run holds a row already."""
    first = add_job(1)
    add_job(2)
    holder = a_run()
    due = EnrichmentJob.objects.due().order_by("rank")
    assert due.take_first(holder, RUN_LEASE) == first
    assert due.take_first(holder, RUN_LEASE) is None
    assert EnrichmentJob.objects.running().get() == first


def test_nothing_is_taken_where_nothing_is_due() -> None:
    assert EnrichmentJob.objects.due().take_first(a_run(), RUN_LEASE) is None


@pytest.mark.parametrize("clock", [database_now, timezone.now])
def test_what_is_due_since_this_millisecond_is_due(clock: Callable[[], datetime]) -> None:
    add_job()
    for _ in range(20):
        EnrichmentJob.objects.update(not_before=clock())
        assert EnrichmentJob.objects.due().exists()


def test_a_taken_row_is_held_for_its_lease() -> None:
    add_job()
    assert EnrichmentJob.objects.due().take_first(a_run("mine"), RUN_LEASE)
    job = EnrichmentJob.objects.get()
    assert job.lease_until
    left = job.lease_until - database_now()
    assert RUN_LEASE - timedelta(seconds=30) < left <= RUN_LEASE
    assert (job.holder, job.attempts) == ("mine", 1)


def test_a_lease_is_renewed_by_its_holder_alone() -> None:
    add_held_job()
    assert EnrichmentJob.objects.held_by("mine").renew(timedelta(hours=1), attempts=7)
    assert not EnrichmentJob.objects.held_by("another").renew(RUN_LEASE)
    job = EnrichmentJob.objects.get()
    assert job.lease_until
    assert job.lease_until > database_now() + timedelta(minutes=59)
    assert job.attempts == 7


@pytest.mark.parametrize(("counts", "attempts"), [(True, 2), (False, 1)])
def test_a_row_put_back_is_free_and_due_as_before(counts: bool, attempts: int) -> None:
    before = add_held_job(attempts=2).not_before
    assert EnrichmentJob.objects.held_by("mine").put_back(counts=counts) == 1
    job = EnrichmentJob.objects.get()
    assert (job.holder, job.node, job.lease_until) == ("", "", None)
    assert (job.attempts, job.not_before) == (attempts, before)


def test_an_attempt_counts_where_nothing_else_is_said() -> None:
    add_held_job(attempts=2)
    EnrichmentJob.objects.held_by("mine").put_back()
    assert EnrichmentJob.objects.get().attempts == 2


def test_no_attempt_is_taken_back_where_there_was_none() -> None:
    add_held_job(attempts=0)
    EnrichmentJob.objects.held_by("mine").put_back(counts=False)
    assert EnrichmentJob.objects.get().attempts == 0


def test_a_finished_row_is_gone_and_was_ones_own() -> None:
    add_held_job()
    assert not EnrichmentJob.objects.held_by("another").finish()
    assert EnrichmentJob.objects.held_by("mine").finish()
    assert not EnrichmentJob.objects.exists()


# Once more ----------------------------------------------------------------------------------------


class Lost(Exception):
    """What PostgreSQL's driver says of a transaction that was undone."""

    def __init__(self, sqlstate: str) -> None:
        self.sqlstate = sqlstate


def lose_first(sqlstate: str, tries: list[int]) -> str:
    """Fail for this reason, and go well the second time."""
    tries.append(1)
    if len(tries) == 1:
        raise OperationalError from Lost(sqlstate)
    return "done"


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("sqlstate", ["40P01", "40001"])
def test_who_lost_to_another_tries_once_more(sqlstate: str) -> None:
    tries: list[int] = []
    assert once_more(lose_first)(sqlstate, tries) == "done"
    assert len(tries) == 2


@pytest.mark.django_db(transaction=True)
def test_any_other_trouble_is_raised_at_once() -> None:
    tries: list[int] = []
    with pytest.raises(OperationalError):
        once_more(lose_first)("57P01", tries)
    assert len(tries) == 1


def test_nothing_is_tried_again_inside_a_transaction() -> None:
    """It was undone as a whole; only whoever began it can begin it again."""
    tries: list[int] = []
    with pytest.raises(OperationalError), transaction.atomic():
        once_more(lose_first)("40001", tries)
    assert len(tries) == 1


def test_a_function_keeps_its_name() -> None:
    assert once_more(lose_first).__name__ == "lose_first"
