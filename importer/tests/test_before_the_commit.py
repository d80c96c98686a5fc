"""Nothing is published and no worker is called before what it is about is committed, by whatever a
person does; when that is undone, nothing at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from celery import current_app
from channels.layers import channel_layers
from django.db import connection

from enrichment import hints, jobs, record
from enrichment import services as enrichment
from enrichment.models import EnrichmentJob
from enrichment.tests.holders import a_run
from importer.following import services as following
from importer.following.models import Follow
from importer.imports import services, slices
from importer.imports.models import BatchState, ImportBatch, Source, Verdict
from importer.imports.plans import plan_import
from importer.imports.settling import finish
from importer.parsing import parse_lines
from importer.tests.ledger import start
from importer.webhooks import services as webhooks
from videos.causes import Cause
from videos.cues import Cue
from videos.models import Video, VideoList
from videos.stages import Stage
from videos.tests.library import add_video, video_id

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_redis")]
PLAYLIST = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"


class Listeners:
    """Everybody who may be told: open pages and workers. A layer for channels, and a sender."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def publish(self, client: Any, groups: Any, message: dict[str, Any]) -> None:
        self.told.append(str(message["type"]))

    def send_task(self, name: str, *args: Any, **options: Any) -> None:
        self.told.append(name)

    def heard(self) -> list[str]:
        """What they were told by now, and forget it."""
        hints._sender.submit(lambda: None).result()
        told, self.told = self.told, []
        return told


@pytest.fixture
def listeners(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listeners]:
    one = Listeners()
    monkeypatch.setattr(current_app, "send_task", one.send_task)
    layers: Any = channel_layers
    monkeypatch.setitem(layers.backends, "default", one)
    yield one
    one.heard()


@dataclass
class Library:
    """A list with an import of two videos, one that failed, and one that is complete."""

    video_list: VideoList
    batch: ImportBatch
    failed: Video
    complete: Video

    @property
    def owner(self) -> Any:
        return self.video_list.owner

    def one(self, video: Video) -> Any:
        return Video.objects.filter(pk=video.pk)


@pytest.fixture
def library(video_list: VideoList) -> Library:
    batch = start(video_list, 1, 2)
    failed = Video.objects.order_by("pk")[0]
    Video.objects.filter(pk=failed.pk).update(
        import_stage=Stage.ERROR, error_cause=Cause.UNAVAILABLE
    )
    return Library(video_list, batch, failed, add_video(video_list, 3))


def paused(library: Library) -> ImportBatch:
    ImportBatch.objects.update(state=BatchState.PAUSED)
    library.batch.refresh_from_db()
    return library.batch


def followed(library: Library) -> Follow:
    return following.add_follow(video_list=library.video_list, text=PLAYLIST)


def cut_short(library: Library) -> ImportBatch:
    library.batch.items.filter(number=1).update(
        verdict=Verdict.EXPANDED, reason=Cause.PLAYLIST_INCOMPLETE, text=PLAYLIST
    )
    return library.batch


def hooked(library: Library) -> Any:
    return webhooks.set_webhook(owner=library.owner, address="https://example.org/hook")


def transcribed(library: Library) -> Any:
    return enrichment.keep_transcript(
        user=library.owner, video=library.complete, language="de", cues=[Cue(0, 1, "Anker")]
    )


def take_away(library: Library) -> None:
    transcribed(library)
    enrichment.remove_transcript(user=library.owner, video=library.complete)


FETCH = "enrichment.tasks.enrich_next"
READ = "importer.tasks.read_next"
CARD, IMPORTS = "video.changed", "imports.changed"

# What a person does, and whom that must reach once it is committed.
ACTS: dict[str, tuple[Callable[[Library], object], set[str]]] = {
    "start": (lambda lib: start(lib.video_list, 7, 8), {FETCH, IMPORTS}),
    "start reading": (lambda lib: start(lib.video_list, text=PLAYLIST), {READ, IMPORTS}),
    "pause": (lambda lib: services.pause_batch(batch=lib.batch), {IMPORTS}),
    "resume": (lambda lib: services.resume_batch(batch=paused(lib)), {FETCH, READ, IMPORTS}),
    "cancel": (lambda lib: services.cancel_batch(batch=lib.batch), {IMPORTS}),
    "retry import": (lambda lib: services.retry_batch(batch=lib.batch), {FETCH}),
    "read again": (lambda lib: services.read_lists_again(batch=cut_short(lib)), {READ, IMPORTS}),
    "to the front": (lambda lib: services.move_batch_to_front(batch=lib.batch), {FETCH}),
    "finish": (lambda lib: finish(lib.batch), {IMPORTS}),
    "finish, hooked": (
        lambda lib: hooked(lib) and finish(lib.batch),
        {IMPORTS, "importer.tasks.deliver_next"},
    ),
    "test a webhook": (
        lambda lib: webhooks.send_test(webhook=hooked(lib)),
        {"importer.tasks.deliver_next"},
    ),
    "check now": (
        lambda lib: following.check_now(follow=followed(lib)),
        {"importer.tasks.check_next"},
    ),
    "follow": (
        lambda lib: following.start_following(video_list=lib.video_list, text=PLAYLIST),
        {READ, IMPORTS},
    ),
    "want": (
        lambda lib: enrichment.want_videos(
            video_ids=[Video.objects.create(youtube_id="A" * 11).pk], large=False
        ),
        {FETCH},
    ),
    "release": (lambda lib: enrichment.release_videos(video_ids=[lib.failed.pk]), {FETCH}),
    "retry": (lambda lib: enrichment.retry_video(video=lib.failed), {FETCH, CARD}),
    "refresh": (lambda lib: enrichment.refresh_videos(videos=lib.one(lib.complete)), {FETCH}),
    "captions": (
        lambda lib: enrichment.fetch_captions_again(videos=lib.one(lib.complete)),
        {FETCH},
    ),
    "upload": (transcribed, {CARD}),
    "take away": (
        take_away,
        {CARD, FETCH},
    ),
}


@pytest.mark.parametrize("act", ACTS)
def test_nobody_is_told_before_the_commit(
    library: Library, listeners: Listeners, act: str, django_capture_on_commit_callbacks: Any
) -> None:
    do, reached = ACTS[act]
    with django_capture_on_commit_callbacks() as at_commit:
        do(library)
        assert listeners.heard() == []
    for tell in at_commit:
        tell()
    assert set(listeners.heard()) >= reached


def test_a_large_import_is_told_after_its_commits(
    library: Library, listeners: Listeners, django_capture_on_commit_callbacks: Any
) -> None:
    """Its playlists are read when its last slice is taken in."""
    addresses = [f"https://youtu.be/{video_id(number)}" for number in range(10, 12 + slices.ROWS)]
    lines = parse_lines("\n".join([*addresses, PLAYLIST]))
    plan = plan_import(
        owner=library.owner, video_list=library.video_list, lines=lines, source=Source.API
    )
    with django_capture_on_commit_callbacks() as at_commit:
        report = plan.begin()
        assert listeners.heard() == []
    for tell in at_commit:
        tell()
    assert IMPORTS in listeners.heard()
    with django_capture_on_commit_callbacks() as at_commit:
        slices.take_slices(report.batch)
        assert READ not in listeners.heard()
    for tell in at_commit:
        tell()
    assert READ in listeners.heard()


def test_a_stage_is_published_after_its_commit(
    library: Library, listeners: Listeners, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker's writes are transactions of their own: in none of them anybody is told."""
    inside: list[bool] = []
    EnrichmentJob.objects.filter(video=library.failed).delete()
    claim = jobs.claim(a_run())
    assert claim
    written = record.VideoRecord(claim, Video.objects.get(pk=claim.video_id))
    depth = len(connection.savepoint_ids)

    def publish(client: Any, groups: Any, message: dict[str, Any]) -> None:
        inside.append(len(connection.savepoint_ids) > depth)

    monkeypatch.setattr(listeners, "publish", publish)
    written.reach(Stage.CHAPTERS)
    written.complete()
    assert inside == [False, False]
