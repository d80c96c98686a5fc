"""What pages, calls, frames, ticks and levers cost in a library of 1,000,000 videos, as ratios of
the same in one of 10,000.

What is looked at is the same in both: a finished list of 8,120 videos, one with 900 that wait, and
their imports. There are 98 lists more, eight of which are being imported: they have 10,000 videos
each in the large library and ten in the small one, since pages show the names of all lists and the
newest imports. MILLION_LISTS=18 makes it smaller, and MILLION_ONLY="admin, lever" measures only
what has one of these in its name.

Ratios are of costs in yardsticks (`benchmarks.costs`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from benchmarks.costs import Act, Cost, measure
from benchmarks.intake import scratch_database

Row = tuple[str, str, str]

MORE_LISTS = int(os.environ.get("MILLION_LISTS", "98"))
ONLY = [part.strip() for part in os.environ.get("MILLION_ONLY", "").split(",") if part.strip()]
OF_THEM_IMPORTING = 8
MORE = "More"  # what their names begin with
A_LIST = 10_000  # entries
A_SHORT_LIST = 10  # the same in the small library
FINISHED, WAITING = 8_120, 900  # entries of the two lists that are looked at
LONG_AGO = timedelta(days=1)  # when the finished ones ended: nothing of it is news
ALLOWED = 1.2  # times what it costs in the small library
ALLOWED_TO_ACCEPT = 1.3  # the same for an import

SERIES = {
    "postgresql": "SELECT generate_series(%s, %s) AS n",
    "sqlite": (
        "WITH RECURSIVE counted(n) AS (SELECT %s UNION ALL SELECT n + 1 FROM counted WHERE n < %s)"
        " SELECT n FROM counted"
    ),
}
YOUTUBE_ID = {
    "postgresql": "'v' || lpad(series.n::text, 10, '0')",
    "sqlite": "printf('v%%010d', series.n)",
}
# Their ids are given by hand.
IDS_GO_ON = """
    SELECT setval(pg_get_serial_sequence('videos_video', 'id'), max(id)) FROM videos_video
"""
LAST_LINE = "SELECT coalesce(max(number), 0) FROM importer_importitem WHERE batch_id = %s"
MADE_VIDEOS = """
    INSERT INTO videos_video (id, youtube_id, title, channel, channel_id, duration, description,
        import_stage, import_progress, error_cause, captions_source, version, created_at,
        finished_at)
    SELECT n, {youtube_id}, 'Clock ' || n, 'Channel ' || (n %% 100), '', 600, '',
        %s, %s, '', %s, %s, %s, %s
    FROM ({series}) AS series"""
MADE_ENTRIES = """
    INSERT INTO videos_listentry (video_list_id, video_id, position, file_title, note, added_at)
    SELECT %s, n, n, '', '', %s FROM ({series}) AS series"""
MADE_ITEMS = """
    INSERT INTO importer_importitem (batch_id, number, line, text, verdict, reason, video_id)
    SELECT %s, n - %s, n - %s, {youtube_id}, 'new', '', n FROM ({series}) AS series"""
MADE_JOBS = """
    INSERT INTO enrichment_enrichmentjob (video_id, work, rank, bulk, held, throttled_rounds,
        last_cause, parts_done, parts_total, holder, node, attempts, not_before)
    SELECT n, 'fetch', n, true, false, 0, '', 0, 0, '', '', 0, %s FROM ({series}) AS series"""


@dataclass(frozen=True)
class Looked:
    """What is looked at in both libraries."""

    owner: Any
    finished_list: int
    waiting_list: int
    finished_import: int
    waiting_import: int
    video: int


def add_list(owner: Any, name: str, *, videos: int, is_finished: bool) -> tuple[int, int]:
    """A list of new videos and the import that brought them. Answers the ids of both."""
    from videos.models import VideoList

    video_list = VideoList.objects.create(owner=owner, name=name)
    batch_id = fill_list(video_list, videos=videos, is_finished=is_finished)
    return video_list.pk, batch_id


def fill_list(video_list: Any, *, videos: int, is_finished: bool) -> int:
    """Fill an empty list with new videos. Answers the id of the import that brought them."""
    from importer.imports.models import BatchState, ImportBatch, Source

    owner = video_list.owner
    state = BatchState.FINISHED if is_finished else BatchState.RUNNING
    ended = timezone.now() - LONG_AGO if is_finished else None
    video_list.last_position = 10**9
    video_list.save()
    batch = ImportBatch.objects.create(
        owner=owner,
        video_list=video_list,
        source=Source.API,
        limit=videos,
        state=state,
        finished_at=ended,
        announced=True,
    )
    with transaction.atomic():
        _fill(video_list.pk, batch.pk, videos=videos, is_finished=is_finished)
    return batch.pk


def _fill(list_id: int, batch_id: int, *, videos: int, is_finished: bool) -> None:
    now = timezone.now()
    ended = now - LONG_AGO
    vendor = connection.vendor
    parts = {"series": SERIES[vendor], "youtube_id": YOUTUBE_ID[vendor]}
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM videos_video")
        last = cursor.fetchone()[0]
        cursor.execute(LAST_LINE, [batch_id])
        before = last - cursor.fetchone()[0]
        numbers = [last + 1, last + videos]
        stage: list[Any] = ["created", 0, "", 0, now, None]
        if is_finished:
            stage = ["complete", 100, "manual", 1, ended, ended]
        cursor.execute(MADE_VIDEOS.format(**parts), [*stage, *numbers])
        if vendor == "postgresql":
            cursor.execute(IDS_GO_ON)
        cursor.execute(MADE_ENTRIES.format(**parts), [list_id, now, *numbers])
        cursor.execute(MADE_ITEMS.format(**parts), [batch_id, before, before, *numbers])
        if not is_finished:
            cursor.execute(MADE_JOBS.format(**parts), [now, *numbers])


def gather_statistics() -> None:
    """And, on PostgreSQL, tidy up: both are done by themselves a minute after so many new rows."""
    statement = "ANALYZE"
    if connection.vendor == "postgresql":
        statement = "VACUUM (ANALYZE)"
    with connection.cursor() as cursor:
        cursor.execute(statement)


def make_small() -> Looked:
    from django.contrib.auth.models import User

    from videos.models import ListEntry
    from videos.search import documents

    owner = User.objects.create_user("reader")
    for number in range(MORE_LISTS):
        is_finished = number >= OF_THEM_IMPORTING
        add_list(owner, f"{MORE} {number}", videos=A_SHORT_LIST, is_finished=is_finished)
    finished_list, finished_import = add_list(owner, "A", videos=FINISHED, is_finished=True)
    waiting_list, waiting_import = add_list(owner, "B", videos=WAITING, is_finished=False)
    video = ListEntry.objects.filter(video_list=finished_list).values_list("video", flat=True)[0]
    documents.move_on(documents.state(), looked_at=0)
    return Looked(owner, finished_list, waiting_list, finished_import, waiting_import, video)


def make_large(owner: Any) -> None:
    """The other lists and their imports get the videos that they lack."""
    from importer.imports.models import BatchState, ImportBatch

    more = ImportBatch.objects.filter(owner=owner, video_list__name__startswith=MORE)
    for batch in more.order_by("pk"):
        is_finished = batch.state == BatchState.FINISHED
        with transaction.atomic():
            _fill(
                batch.video_list_id, batch.pk, videos=A_LIST - A_SHORT_LIST, is_finished=is_finished
            )


def pages(looked: Looked) -> dict[str, str]:
    """The addresses that are asked for, by name."""
    a, b = f"/lists/{looked.finished_list}/", f"/lists/{looked.waiting_list}/"
    return {
        "page: home": "/",
        "page: a list": a,
        "page: a list being imported": b,
        "page: its second part": f"{a}cards/?after=8000",
        "page: a list by title": f"{a}?sort=title",
        "page: a list by channel": f"{a}?sort=channel",
        "page: a list by length": f"{a}?sort=longest",
        "page: a list searched": f"{a}?q=Clock+77",
        "page: facets of a list": f"{a}facets/",
        "page: a video": f"/videos/{looked.video}/",
        "page: all videos": "/videos/",
        "page: all videos by title": "/videos/?sort=title",
        "page: all videos by channel": "/videos/?sort=channel",
        "page: all videos by length": "/videos/?sort=longest",
        "page: all videos searched": "/videos/?q=Clock+7",
        "page: facets of all videos": "/videos/facets/",
        "page: imports": "/imports/",
        "page: an import": f"/imports/{looked.finished_import}/",
        "page: an import under way": f"/imports/{looked.waiting_import}/",
        "page: banner": "/banner/",
        "page: changes": "/changes/",
        "page: follows": "/follows/",
        "page: settings": "/settings/",
        "page: search": "/search/?q=nothing",
        "REST: lists": "/api/lists",
        "REST: videos of a list": f"/api/lists/{looked.finished_list}/videos",
        "REST: the same by title": f"/api/lists/{looked.finished_list}/videos?order=title",
        "REST: the same searched": f"/api/lists/{looked.finished_list}/videos?q=Clock+77",
        "REST: imports": "/api/imports",
        "REST: an import": f"/api/imports/{looked.waiting_import}",
        "admin: lists": "/admin/videos/videolist/",
        "admin: videos": "/admin/videos/video/",
        "admin: videos searched": "/admin/videos/video/?q=Clock+7",
        "admin: imports": "/admin/importer/importbatch/",
        "admin: jobs": "/admin/enrichment/enrichmentjob/",
    }


def ticks(looked: Looked) -> dict[str, Act]:
    """What runs by itself: each second or every few."""
    from enrichment import jobs, recovery
    from importer.imports import settling, slices
    from importer.imports.playlist_turns import next_in_turn
    from importer.live import frames
    from videos.changes import purge_changes
    from videos.counts import recount_next
    from videos.services import purge_deleted_lists

    user = looked.owner.pk
    now = timezone.now()
    shown = set(range(looked.video, looked.video + 60))
    return {
        "frame: imports": lambda: frames.batch_frames([user]),
        "frame: 60 videos": lambda: frames.moving_states(user, shown),
        "frame: all pages together": lambda: frames.by_owner(frames.all_moving_states()),
        "frame: no subscription": lambda: frames.moving_states(user, None),
        "tick: next job": lambda: jobs.head(),
        "tick: next job of a person": lambda: jobs.head(people_only=True),
        "tick: sweep": lambda: recovery.sweep(),
        "tick: held jobs": lambda: settling.reconcile_held(),
        "tick: finished imports": lambda: settling.finish_all_done(),
        "tick: slices": lambda: slices.take_abandoned_slices(now),
        "tick: next playlist": next_in_turn,
        "tick: old changes": lambda: purge_changes(now),
        "tick: deleted lists": lambda: purge_deleted_lists(now),
        "tick: counts of lists": lambda: recount_next(looked.finished_list - 1, lists=1),
    }


def levers(looked: Looked) -> dict[str, Act]:
    """What a person does with imports. Each leaves the library as it was."""
    from importer.imports import services
    from importer.imports.models import ImportBatch, Source
    from importer.imports.plans import plan_import
    from importer.parsing import parse_many
    from videos.models import VideoList

    def batch() -> ImportBatch:
        return ImportBatch.objects.get(pk=looked.waiting_import)

    def pause_and_resume() -> None:
        services.pause_batch(batch=batch())
        services.resume_batch(batch=batch())

    urls = [f"https://youtu.be/new{number:08}" for number in range(A_LIST)]

    def accept() -> None:
        video_list = VideoList.objects.get(pk=looked.waiting_list)
        with transaction.atomic():
            plan_import(
                owner=looked.owner,
                video_list=video_list,
                lines=parse_many(urls),
                source=Source.API,
            ).start()
            transaction.set_rollback(True)

    return {
        "lever: accept an import of 10,000": accept,
        "lever: pause and resume": pause_and_resume,
        "lever: to the front": lambda: services.move_batch_to_front(batch=batch()),
        "lever: retry": lambda: services.retry_batch(batch=batch()),
    }


def allowed(name: str) -> float:
    if "accept" in name:
        return ALLOWED_TO_ACCEPT
    return ALLOWED


def is_wanted(name: str) -> bool:
    return not ONLY or any(part in name for part in ONLY)


def costs_of(looked: Looked) -> dict[str, Cost]:
    from django.test import Client

    client = Client(SERVER_NAME="127.0.0.1")
    looked.owner.is_staff = looked.owner.is_superuser = True
    looked.owner.save()
    client.force_login(looked.owner)

    def getting(address: str) -> Act:
        def get() -> None:
            answer = client.get(address, follow=True)
            assert answer.status_code == 200, f"{address}: {answer.status_code}"

        return get

    acts: dict[str, Act] = {name: getting(address) for name, address in pages(looked).items()}
    acts |= ticks(looked) | levers(looked)
    return {name: measure(act) for name, act in acts.items() if is_wanted(name)}


def rows() -> Iterable[Row]:
    """The table's rows: what it costs in the large library, beside the small one."""
    with scratch_database():
        looked = make_small()
        gather_statistics()
        small = costs_of(looked)
        began = time.perf_counter()
        make_large(looked.owner)
        gather_statistics()
        yield (
            f"million: {MORE_LISTS} lists of {A_LIST} filled in",
            f"{time.perf_counter() - began:.0f} s",
            connection.vendor,
        )
        for name, large in costs_of(looked).items():
            before = small[name]
            queries = ""
            if large.queries != before.queries:
                queries = f"; {large.queries} queries instead of {before.queries}"
            yield (
                f"million: {name}",
                f"{large.seconds * 1000:.1f} ms",
                f"{large.in_yardsticks / before.in_yardsticks:.2f} x {before.seconds * 1000:.1f} ms"
                f" in a small library; at most {allowed(name)}{queries}",
            )
