"""The tasks of importing: each asks for the next of its kind, and the beat makes good what was
lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import current_app
from django.core.cache import cache
from django.utils import timezone

from enrichment import hints, limits
from enrichment.models import EnrichmentJob
from importer import tasks
from importer.following.models import Follow
from importer.following.services import add_follow
from importer.imports import actions, slices
from importer.imports.counts import counts_of
from importer.imports.models import (
    BatchState,
    ImportBatch,
    ImportCount,
    ImportSlice,
    Source,
    UnfinishedAction,
)
from importer.imports.news import LONG
from importer.imports.plans import plan_import
from importer.notices import services as notices
from importer.parsing import parse_lines
from importer.tests.ledger import end, start
from importer.webhooks.models import Webhook
from importer.webhooks.services import send_test
from videos.models import Change, ListCount, Video, VideoList
from videos.selection import remove_with_undo
from videos.services import delete_list
from videos.stages import Stage
from videos.tests.library import add_video, video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PLAYLIST = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
LONG_AGO = timedelta(days=2)


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the tasks that messages ask for."""
    names: list[str] = []
    monkeypatch.setattr(current_app, "send_task", lambda name, *args, **options: names.append(name))
    return names


@pytest.fixture
def nobody_asked(settings: Any) -> None:
    """Mails are kept in memory, and YouTube is not asked: its lane has nothing left."""
    settings.EMAIL_HOST = "mail.example.org"
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BASE_DELAY, settings.YOUTUBE_BURST = (), 100.0, 1
    assert isinstance(limits.acquire_youtube(bulk=False), limits.Permit)


# One piece of work for each task ------------------------------------------------------------------


def a_playlist(video_list: VideoList) -> None:
    """Of an import that has all the lines it may have, so that YouTube is not asked."""
    start(video_list, text=PLAYLIST)
    ImportBatch.objects.update(limit=0)


def a_check(video_list: VideoList) -> None:
    add_follow(video_list=video_list, text=PLAYLIST)
    Follow.objects.update(next_at=timezone.now() - LONG_AGO)


def a_message(video_list: VideoList) -> None:
    """To an address that nothing is ever sent to."""
    address = "http://127.0.0.1/hook"
    send_test(webhook=Webhook.objects.create(owner=video_list.owner, address=address))


def a_mail(video_list: VideoList) -> None:
    video_list.owner.email = "alice@example.org"
    video_list.owner.save()
    notices.subscribe(owner=video_list.owner, language="en")
    start(video_list, 1)
    ImportBatch.objects.update(created_at=timezone.now() - LONG)
    end(1)


WORK: dict[str, tuple[Any, Callable[[VideoList], None]]] = {
    "check": (tasks.check_next, a_check),
    "deliver": (tasks.deliver_next, a_message),
    "mail": (tasks.send_next_mail, a_mail),
}


@pytest.mark.usefixtures("nobody_asked")
@pytest.mark.parametrize("kind", WORK)
def test_a_task_asks_for_the_next(video_list: VideoList, sent: list[str], kind: str) -> None:
    task, prepare = WORK[kind]
    prepare(video_list)
    task.apply(throw=True)
    assert sent == [task.name]


def test_a_page_asks_for_the_next(video_list: VideoList, sent: list[str]) -> None:
    a_playlist(video_list)
    tasks.read_next.apply(throw=True)
    assert sent == [tasks.read_next.name]


def test_a_page_without_a_permit_asks_when_there_is_one(
    video_list: VideoList, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.YOUTUBE_PROXY, settings.YOUTUBE_BASE_DELAY, settings.YOUTUBE_BURST = (), 0.9, 1
    assert isinstance(limits.acquire_youtube(bulk=False), limits.Permit)
    asked: list[tuple[str, float]] = []
    monkeypatch.setattr(hints, "send_later", lambda *later: asked.append(later))
    a_playlist(video_list)
    tasks.read_next.apply(throw=True)
    [(name, seconds)] = asked
    assert (name, 0 < seconds < 0.9) == (tasks.read_next.name, True)


@pytest.mark.parametrize("kind", ["read", *WORK])
def test_a_task_with_nothing_to_do_sends_nothing(sent: list[str], kind: str) -> None:
    task, _prepare = {"read": (tasks.read_next, a_playlist), **WORK}[kind]
    task.apply(throw=True)
    assert sent == []


def add_action(video_list: VideoList, number: int) -> None:
    """Something that a person asked of an import of one video."""
    batch = start(video_list, number)
    UnfinishedAction.objects.create(batch=batch, kind=UnfinishedAction.Kind.RETRY)


def test_a_part_of_an_action_asks_for_the_rest(video_list: VideoList, sent: list[str]) -> None:
    add_action(video_list, 1)
    add_action(video_list, 2)
    tasks.carry_on.apply(throw=True)
    assert sent == [actions.TASK]
    tasks.carry_on.apply(throw=True)
    assert sent == [actions.TASK], "nothing is left"
    assert not UnfinishedAction.objects.exists()


@pytest.mark.parametrize("is_left", [False, True])
def test_the_beat_asks_for_what_is_left(
    video_list: VideoList, sent: list[str], is_left: bool
) -> None:
    """The message that should have brought the next part was lost."""
    if is_left:
        add_action(video_list, 1)
    tasks.settle.apply(throw=True)
    assert (actions.TASK in sent) == is_left


# What the beat makes good -------------------------------------------------------------------------


def held_job(video_list: VideoList) -> Callable[[], bool]:
    start(video_list, 1)
    EnrichmentJob.objects.update(held=True)
    return lambda: not EnrichmentJob.objects.filter(held=True).exists()


def abandoned_slices(video_list: VideoList) -> Callable[[], bool]:
    addresses = "\n".join(video_id(number) for number in range(slices.ROWS + 1))
    plan_import(
        owner=video_list.owner,
        video_list=video_list,
        lines=parse_lines(addresses),
        source=Source.API,
    ).begin()
    ImportBatch.objects.update(created_at=timezone.now() - 2 * slices.ABANDONED)
    return lambda: not ImportSlice.objects.exists()


def done_import(video_list: VideoList) -> Callable[[], bool]:
    start(video_list, 1)
    EnrichmentJob.objects.all().delete()
    Video.objects.update(import_stage=Stage.COMPLETE, import_progress=100)
    return lambda: ImportBatch.objects.get().state == BatchState.FINISHED


def deleted_list(video_list: VideoList) -> Callable[[], bool]:
    delete_list(video_list=video_list)
    VideoList.objects.update(deleted_at=timezone.now() - LONG_AGO)
    return lambda: not VideoList.objects.exists()


def old_change(video_list: VideoList) -> Callable[[], bool]:
    remove_with_undo(video_list=video_list, video_ids=[add_video(video_list).pk])
    Change.objects.update(created_at=timezone.now() - LONG_AGO)
    return lambda: not Change.objects.exists()


def wrong_count(video_list: VideoList) -> Callable[[], bool]:
    add_video(video_list)
    ListCount.objects.update(entries=99)
    return lambda: ListCount.objects.get().entries == 1


def wrong_count_of_an_import(video_list: VideoList) -> Callable[[], bool]:
    batch = start(video_list, 1)
    ImportCount.objects.update(total=99)
    return lambda: counts_of([batch.pk])[batch.pk].total == 1


OVERDUE: dict[str, Callable[[VideoList], Callable[[], bool]]] = {
    "held job": held_job,
    "abandoned slices": abandoned_slices,
    "done import": done_import,
    "deleted list": deleted_list,
    "old change": old_change,
    "wrong count": wrong_count,
    "wrong count of an import": wrong_count_of_an_import,
}


@pytest.mark.parametrize("what", OVERDUE)
def test_the_beat_makes_good(video_list: VideoList, what: str) -> None:
    cache.clear()
    is_good = OVERDUE[what](video_list)
    assert not is_good()
    tasks.settle.apply(throw=True)
    assert is_good()


def test_the_beat_recounts_a_few_after_the_last_ones(video_list: VideoList) -> None:
    """Lists and imports have their turn, each in their own order, and then it begins anew."""
    cache.clear()
    for number in range(tasks.LISTS_AT_ONCE):
        VideoList.objects.create(owner=video_list.owner, name=f"List {number}")
    for number in range(tasks.IMPORTS_AT_ONCE + 1):
        start(video_list, number)
    for left in ((1, 1), (tasks.LISTS_AT_ONCE, tasks.IMPORTS_AT_ONCE), (1, 1)):
        ListCount.objects.update(entries=99)
        ImportCount.objects.update(total=99)
        tasks._recount_a_few()
        found = counts_of(list(ImportBatch.objects.values_list("pk", flat=True)))
        wrong_imports = [counts for counts in found.values() if counts.total != 1]
        assert (ListCount.objects.filter(entries=99).count(), len(wrong_imports)) == left
