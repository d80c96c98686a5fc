"""What a worker does with followed playlists and channels: reads them again and again, imports what
is new, and notes what has gone.

A check reads through the same limiter as any playlist. Only what was never in this list's imports
before is imported, so a video that its owner took out of the list does not come back, and a check
that finds nothing leaves no import behind.
"""

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction

from enrichment.errors import ListCutShort, NetworkBlip, SourceError, Throttled
from enrichment.leases import Holder
from enrichment.playlists import NoPermit, read_pages
from enrichment.sources.types import PlaylistEntry
from importer.following.filters import is_wanted
from importer.following.models import Follow, FollowedVideo, FollowKind
from importer.imports.expansion import GONE, row_of
from importer.imports.models import Expansion, ImportItem, Source
from importer.imports.plans import plan_import
from importer.imports.reading import PAGES_AT_ONCE
from importer.imports.rows import Row
from videos.bulk import insert_rows
from videos.causes import CAUSES, Cause
from videos.chunks import chunks
from videos.models import ListEntry

logger = logging.getLogger(__name__)

READ_SECONDS = 500  # then what was read counts, and the rest is for another time
LEASE = timedelta(minutes=12)  # longer than the task's time limit, so no two ever read the same
PAUSE = timedelta(minutes=10)  # before a check is tried again that YouTube or the network cut short
AGAIN = timedelta(hours=1)  # before a check that broke off for another reason is tried again
MAX_ATTEMPTS = 3  # checks begun that never came to an end; then it waits for its next date
# A channel's newest page says what is new; only all of it says what has gone.
READ_ALL = timedelta(days=7)


@dataclass
class Reading:
    """What a check saw of a playlist."""

    there: dict[str, PlaylistEntry] = field(default_factory=dict)
    gone: dict[str, str] = field(
        default_factory=dict
    )  # still in the playlist, but private or deleted: the cause
    title: str = ""
    complete: bool = False
    reached_end: bool = (
        False  # YouTube gave no more of it, though it announced more: nothing is missed
    )

    def add(self, entries: Iterable[PlaylistEntry]) -> None:
        for entry in entries:
            if entry.gone:
                self.gone.setdefault(entry.youtube_id, GONE[entry.gone])
            else:
                self.there.setdefault(entry.youtube_id, entry)


def check_next(holder: Holder, *, now: datetime) -> bool:
    """Check one that is due.

    False when none is, or while another run is at one: nobody waits for these, so they go one by
    one.

    `now` is what the check is dated.
    """
    follow = claim(holder)
    if follow is None:
        return False
    if follow.attempts > MAX_ATTEMPTS:
        logger.error("followed %s: killed its worker %s times", follow.pk, MAX_ATTEMPTS)
        _give_back(follow, wait=follow.every, cause=Cause.INTERNAL, checked_at=now)
        return True
    reading = Reading()
    try:
        _read(follow, reading, now)
    except (NoPermit, Throttled, NetworkBlip) as cut:
        _conclude(follow, reading, now, wait=_pause_after(cut), ended=False)
    except SourceError as error:
        reading.reached_end = isinstance(error, ListCutShort)
        _conclude(follow, reading, now, wait=_wait_after(follow, error), cause=error.cause)
    except Exception:
        logger.exception("followed %s: unexpected", follow.pk)
        _give_back(follow, wait=follow.every, cause=Cause.INTERNAL, checked_at=now)
    else:
        _conclude(follow, reading, now, wait=follow.every)
    return True


def _pause_after(cut: NoPermit | Throttled | NetworkBlip) -> timedelta:
    """Return the time until a check goes on that was throttled or had no permit."""
    if isinstance(cut, NoPermit):
        return max(PAUSE, timedelta(seconds=cut.wait))
    return max(PAUSE, timedelta(seconds=cut.retry_after or 0))


def _wait_after(follow: Follow, error: SourceError) -> timedelta:
    """Return the time until the next check. It comes sooner after an error that may pass,
    but only once for one cause.
    """
    is_new = CAUSES[error.cause].retryable and follow.cause != error.cause.value
    return min(AGAIN, follow.every) if is_new else follow.every


def claim(holder: Holder) -> Follow | None:
    """The one that is due longest, held.

    None when none is, while another one is held, or while enough playlists are being read.
    """
    playlists = Expansion.objects.running().count()
    if playlists >= PAGES_AT_ONCE or Follow.objects.running().exists():
        return None
    due = Follow.objects.due().filter(
        video_list__owner__is_active=True, video_list__deleted_at=None
    )
    return due.order_by("next_at", "pk").take_first(holder, LEASE, "video_list__owner")


def _read(follow: Follow, reading: Reading, now: datetime) -> None:
    """All of it; of a channel, whose videos come newest first, only down to a page that is known,
    except once a week.
    """
    known = set(follow.videos.filter(gone_since=None).values_list("youtube_id", flat=True))
    in_part = _is_read_in_part(follow, now)
    limit = settings.MAX_BATCH_LINES
    seen, began = 0, time.monotonic()
    for page in read_pages(follow.source, holder=follow.holder):
        reading.title = reading.title or page.title
        reading.add(page.entries[: limit - seen])
        seen += len(page.entries)
        if seen >= limit or time.monotonic() - began > READ_SECONDS:
            return  # what lies beyond was not looked at
        if in_part and all(entry.gone or entry.youtube_id in known for entry in page.entries):
            return
    reading.complete = True


def _is_read_in_part(follow: Follow, now: datetime) -> bool:
    """Return whether it is a channel that was read whole within the last week."""
    if follow.kind != FollowKind.CHANNEL or follow.read_all_at is None:
        return False
    return now - follow.read_all_at < READ_ALL


def _conclude(
    follow: Follow,
    reading: Reading,
    now: datetime,
    *,
    wait: timedelta,
    cause: Cause | None = None,
    ended: bool = True,
) -> None:
    """Import what is new and note what has gone, in one transaction with the follow's next date;
    nothing if it was lost meanwhile.
    """
    dates = {}
    if ended:
        dates["checked_at"] = now
    with transaction.atomic():
        if not _give_back(follow, wait=wait, cause=cause, **dates):
            return
        new = _import_new(follow, reading.there)
        _note(follow, reading, now)
        fields = {"read_all_at": now} if reading.complete or reading.reached_end else {}
        Follow.objects.filter(pk=follow.pk).update(
            brought=new, title=reading.title or follow.title, **fields
        )


def _give_back(
    follow: Follow, *, wait: timedelta, cause: Cause | None = None, **fields: Any
) -> bool:
    mine = Follow.objects.held_by(follow.holder)
    named = cause.value if cause else ""
    return mine.put_back(wait=wait, cause=named, attempts=0, **fields) == 1


def _import_new(follow: Follow, there: dict[str, PlaylistEntry]) -> int:
    """Answers how many."""
    rows: list[Row] = []
    for entry in _new(follow, there):
        if is_wanted(follow, entry):  # what its filters keep out is passed over for good
            rows.append(row_of(len(rows) + 1, entry))
    if rows:
        video_list = follow.video_list
        plan = plan_import(
            owner=video_list.owner,
            video_list=video_list,
            rows=rows,
            source=Source.FOLLOW,
            limit=len(rows),
        )
        plan.start()
    return len(rows)


def _new(follow: Follow, there: dict[str, PlaylistEntry]) -> list[PlaylistEntry]:
    """Return the entries that the list does not have and never had or was given."""
    new = there.copy()
    for youtube_id in follow.videos.values_list("youtube_id", flat=True):
        new.pop(youtube_id, None)
    for ids in chunks(list(new)):
        for youtube_id in _given(follow.video_list_id, ids):
            new.pop(youtube_id, None)
    return list(new.values())


def _given(list_id: int, youtube_ids: Sequence[str]) -> Iterable[str]:
    in_imports = ImportItem.objects.filter(
        batch__video_list=list_id, video__youtube_id__in=youtube_ids
    )
    yield from in_imports.values_list("video__youtube_id", flat=True)
    in_list = ListEntry.objects.filter(video_list=list_id, video__youtube_id__in=youtube_ids)
    yield from in_list.values_list("video__youtube_id", flat=True)


def _note(follow: Follow, reading: Reading, now: datetime) -> None:
    """What was seen, what is back, what has gone. What was not looked at is not missed."""
    _note_there(follow, reading)
    for cause in set(GONE.values()):
        _note_gone(follow, reading, cause, now)
    if reading.complete:
        present = set(follow.videos.filter(gone_since=None).values_list("youtube_id", flat=True))
        for ids in chunks(sorted(present - reading.there.keys())):
            follow.videos.filter(youtube_id__in=ids).update(gone_since=now, gone_cause="")


def _note_there(follow: Follow, reading: Reading) -> None:
    insert_rows(
        FollowedVideo,
        ("youtube_id",),
        [(youtube_id,) for youtube_id in reading.there],
        same={"follow_id": follow.pk, "gone_cause": ""},
        ignore_conflicts=True,
    )
    gone = set(follow.videos.exclude(gone_since=None).values_list("youtube_id", flat=True))
    for ids in chunks(sorted(gone & reading.there.keys())):
        follow.videos.filter(youtube_id__in=ids).update(gone_since=None, gone_cause="")


def _note_gone(follow: Follow, reading: Reading, cause: str, now: datetime) -> None:
    """Note the videos that the playlist says are gone for this cause."""
    named = []
    for youtube_id, why in reading.gone.items():
        if why == cause and youtube_id not in reading.there:
            named.append(youtube_id)
    for ids in chunks(named):
        there = follow.videos.filter(youtube_id__in=ids, gone_since=None)
        there.update(gone_since=now, gone_cause=cause)
