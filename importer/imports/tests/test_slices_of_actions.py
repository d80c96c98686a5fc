"""Cancelling and retrying an import that takes more than the slices done before the answer."""

from __future__ import annotations

import pytest
from celery import current_app
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from benchmarks.million import add_list
from enrichment import hints
from enrichment.models import EnrichmentJob
from importer import tasks
from importer.imports import actions, services, settling
from importer.imports.models import BatchState, ImportBatch, Source, UnfinishedAction
from importer.imports.plans import plan_import
from importer.parsing import parse_many
from tests.people import person
from videos.causes import Cause
from videos.models import ListEntry, Video
from videos.stages import PROGRESS, Stage

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("clean_redis"),
    pytest.mark.slow,
]

LEFT = 200
LINES = actions.AT_ONCE * actions.LINES + LEFT


def a_large_import(lines: int = LINES, *, owner: str = "alice") -> ImportBatch:
    _list, batch_id = add_list(person(owner), "large", videos=lines, is_finished=False)
    return ImportBatch.objects.select_related("video_list").get(pk=batch_id)


def a_failed_import() -> ImportBatch:
    batch = a_large_import()
    EnrichmentJob.objects.all().delete()
    now = timezone.now()
    Video.objects.update(import_stage=Stage.ERROR, error_cause=Cause.NETWORK, finished_at=now)
    settling.finish_all_done()
    batch.refresh_from_db()
    assert batch.state == BatchState.FINISHED
    return batch


def last_videos(batch: ImportBatch) -> list[int]:
    """Those that the slices before the answer do not reach."""
    last = batch.items.filter(number__gt=LINES - LEFT).order_by("number")
    return list(last.values_list("video", flat=True))


def complete_all() -> None:
    """Each video that waits is completed by a worker."""
    waiting = list(EnrichmentJob.objects.values_list("video", flat=True))
    fields = {"import_stage": Stage.COMPLETE, "import_progress": PROGRESS[Stage.COMPLETE]}
    EnrichmentJob.objects.all().delete()
    Video.objects.filter(pk__in=waiting).update(**fields, finished_at=timezone.now())


def test_a_cancelled_import_leaves_slice_by_slice() -> None:
    batch = a_large_import()
    services.cancel_batch(batch=batch)
    assert ImportBatch.objects.get().state == BatchState.CANCELLED
    left = ListEntry.objects.values_list("video", flat=True)
    assert sorted(left) == last_videos(batch)
    tasks.carry_on()
    assert not ListEntry.objects.exists()
    assert not EnrichmentJob.objects.exists()
    assert not UnfinishedAction.objects.exists()


def test_a_slice_that_was_killed_is_done_again() -> None:
    batch = a_large_import()
    services.cancel_batch(batch=batch)
    with transaction.atomic():
        actions.carry_on_next()
        transaction.set_rollback(True)
    assert ListEntry.objects.count() == LEFT
    assert not actions.carry_on_next()
    assert not ListEntry.objects.exists()


def test_finished_videos_of_the_last_slice_stay() -> None:
    batch = a_large_import()
    services.cancel_batch(batch=batch)
    complete_all()
    tasks.carry_on()
    assert ListEntry.objects.count() == LEFT


def test_what_is_imported_again_stays_in_the_list() -> None:
    batch = a_large_import()
    services.cancel_batch(batch=batch)
    again = Video.objects.get(pk=last_videos(batch)[0])
    plan_import(
        owner=batch.owner,
        video_list=batch.video_list,
        lines=parse_many([f"https://youtu.be/{again.youtube_id}"]),
        source=Source.WEB,
    ).start()
    tasks.carry_on()
    assert ListEntry.objects.get().video == again
    assert EnrichmentJob.objects.get().video == again


def test_all_failed_videos_are_tried_again_in_order() -> None:
    batch = a_failed_import()
    assert services.retry_batch(batch=batch) == LINES
    assert EnrichmentJob.objects.count() == LINES - LEFT
    tasks.carry_on()
    jobs = EnrichmentJob.objects.order_by("rank")
    assert list(jobs.values_list("video", flat=True)) == sorted(
        Video.objects.values_list("pk", flat=True)
    )
    assert set(jobs.values_list("bulk", flat=True)) == {True}


def test_an_import_is_not_finished_before_the_last_slice() -> None:
    batch = a_failed_import()
    services.retry_batch(batch=batch)
    complete_all()
    assert settling.finish_all_done() == 0
    tasks.carry_on()
    complete_all()
    assert settling.finish_all_done() == 1


def test_the_last_slice_of_a_paused_import_waits() -> None:
    batch = a_failed_import()
    services.retry_batch(batch=batch)
    services.pause_batch(batch=batch)
    tasks.carry_on()
    assert not EnrichmentJob.objects.filter(held=False).exists()
    services.resume_batch(batch=batch)
    assert not EnrichmentJob.objects.filter(held=True).exists()


def test_only_failures_of_one_cause_are_tried_again() -> None:
    batch = a_failed_import()
    private = last_videos(batch)[:3]
    Video.objects.filter(pk__in=private).update(error_cause=Cause.PRIVATE)
    assert services.retry_batch(batch=batch, cause=Cause.PRIVATE) == 3
    tasks.carry_on()
    jobs = EnrichmentJob.objects.order_by("video")
    assert list(jobs.values_list("video", "bulk")) == [(pk, False) for pk in private]


def test_cancelling_ends_a_retry() -> None:
    batch = a_failed_import()
    services.retry_batch(batch=batch)
    services.cancel_batch(batch=batch)
    tasks.carry_on()
    assert ListEntry.objects.count() == LEFT
    assert not EnrichmentJob.objects.exists()
    assert not UnfinishedAction.objects.exists()


def test_the_beat_asks_for_what_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint of the action itself may have been lost."""
    sent: list[str] = []
    services.cancel_batch(batch=a_large_import())
    hints._sender.submit(lambda: None).result()  # after the action's own
    monkeypatch.setattr(current_app, "send_task", lambda name, **options: sent.append(name))
    tasks.settle()
    tasks.carry_on()
    tasks.settle()
    assert sent == [actions.TASK]


def queries_of_actions(batch: ImportBatch) -> tuple[int, int]:
    """How many a retry of all, and then cancelling, ask before their answer."""
    videos = Video.objects.filter(import_items__batch=batch)
    videos.update(import_stage=Stage.ERROR, error_cause=Cause.NETWORK)
    with CaptureQueriesContext(connection) as retrying:
        services.retry_batch(batch=batch)
    with CaptureQueriesContext(connection) as cancelling:
        services.cancel_batch(batch=batch)
    assert UnfinishedAction.objects.exists()
    UnfinishedAction.objects.all().delete()
    return len(retrying), len(cancelling)


def test_an_answer_takes_the_same_for_more_lines() -> None:
    some = queries_of_actions(a_large_import())
    more = queries_of_actions(a_large_import(LINES + 3 * actions.LINES, owner="bob"))
    assert some == more
