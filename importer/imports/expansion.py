"""Playlists and channels as lines: read by a worker page by page, each page committed, safe to repeat after a crash."""

import logging
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from enrichment import events
from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.playlists import NoPermit, read_pages
from enrichment.services import LARGE
from enrichment.sources.types import PlaylistEntry
from importer.imports.models import BatchState, Expansion, ImportBatch, ImportItem, Verdict
from importer.imports.rows import Row, take_in
from importer.imports.settling import finish_if_done
from importer.leases import UNLEASED
from importer.parsing import ChannelAddress, PlaylistAddress, VideoAddress, parse_many
from videos.causes import CAUSES, Cause

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # renewed with every page; a page waits at most 30 s for its permit
READINGS_AT_ONCE = 1  # each takes a process of the worker, and all of them one budget
MAX_ATTEMPTS = 5  # runs in a row that brought nothing, not counting throttled ones
PAUSE = timedelta(minutes=1)  # doubled with each bad end
FREE: dict[str, Any] = {"lease_token": "", **UNLEASED}
GONE = {"private": Cause.PRIVATE, "deleted": Cause.UNAVAILABLE}


class Stopped(Exception):
    """The import was paused or cancelled, or another worker has this playlist by now."""


@dataclass(frozen=True)
class Reading:
    """A worker's hold on an expansion."""

    pk: int
    token: str
    task: str


def add_expansions(batch: ImportBatch) -> None:
    """A row for each playlist line of a new import, with room in the list for all its videos. Inside the import's transaction."""
    for item in batch.items.filter(verdict=Verdict.EXPANDING).order_by(
        "-number"
    ):  # the first one given takes the highest place
        top = batch.video_list.reserve_positions(batch.limit)
        Expansion.objects.create(item=item, top=top)


def expand_next(*, node: str = "", task: str = "") -> bool:
    """Read one due playlist to its end, or as far as it goes now. False when none is due. `node` and `task`: whose death frees it."""
    now = timezone.now()
    reading = claim(now, node=node, task=task)
    if reading is None:
        return False
    expansion = Expansion.objects.select_related("item__batch__video_list").get(pk=reading.pk)
    if expansion.attempts > MAX_ATTEMPTS:
        logger.error(
            "playlist of item %s killed its worker %s times, set aside",
            expansion.item_id,
            MAX_ATTEMPTS,
        )
        _conclude(expansion, reading, Cause.TOO_MANY_ATTEMPTS)
        return True
    try:
        _read(expansion, reading)
    except Stopped:
        Expansion.objects.filter(pk=reading.pk, lease_token=reading.token).update(**FREE)
    except NoPermit as pause:
        _defer(reading, until=timezone.now() + timedelta(seconds=max(pause.wait, 1.0)))
    except (Throttled, NetworkBlip) as error:
        _defer(
            reading, until=timezone.now() + max(PAUSE, timedelta(seconds=error.retry_after or 0))
        )
    except SourceError as error:
        _conclude(expansion, reading, error.cause)
    except Exception:
        logger.exception("playlist of item %s: unexpected", expansion.item_id)
        _conclude(expansion, reading, Cause.INTERNAL)
    return True


def free(**held: str) -> int:
    """A dead one held these: they may be read again at once. Answers how many."""
    return Expansion.objects.filter(lease_until__isnull=False, **held).update(**FREE)


def claim(now: datetime, *, node: str = "", task: str = "") -> Reading | None:
    """One conditional UPDATE, which must touch one row. Playlists of paused or cancelled imports wait.

    So does the second one of a line: as their rows never mix, each reading knows its own.
    """
    if Expansion.objects.filter(lease_until__gt=now).count() >= READINGS_AT_ONCE:
        return None
    before = Expansion.objects.filter(
        item__batch=OuterRef("item__batch"),
        item__line=OuterRef("item__line"),
        item__number__lt=OuterRef("item__number"),
    )
    free = Expansion.objects.filter(
        ~Exists(before),
        Q(lease_until=None) | Q(lease_until__lt=now),
        not_before__lte=now,
        item__batch__state=BatchState.RUNNING,
    )
    row = free.order_by("item_id").values_list("pk", "lease_token").first()
    if row is None:
        return None
    pk, seen = row
    reading = Reading(pk, secrets.token_hex(8), task)
    taken = Expansion.objects.filter(pk=pk, lease_token=seen).update(
        lease_token=reading.token,
        lease_until=now + LEASE,
        lease_node=node,
        lease_task=task,
        attempts=F("attempts") + 1,
    )
    return reading if taken == 1 else None


def _read(expansion: Expansion, reading: Reading) -> None:
    batch, item = expansion.item.batch, expansion.item
    done = set(
        batch.items.filter(line=item.line)
        .order_by("-number")
        .values_list("text", flat=True)[: expansion.taken]
    )
    room = (
        batch.limit
        - batch.items.exclude(verdict__in=(Verdict.EXPANDING, Verdict.EXPANDED)).count()
        + len(done)
    )
    for page in read_pages(_address(item), limit=room, holder=reading.task) if room > 0 else ():
        fresh = [row for row in (_row(item.line, entry) for entry in page) if row.text not in done]
        done.update(row.text for row in fresh)
        _take_page(expansion, reading, fresh)
        events.publish_imports([batch.owner_id])
    _end(expansion, reading, Verdict.EXPANDED)


def _address(item: ImportItem) -> str:
    """A video's address here is that of the playlist it names besides: somebody wanted all of it."""
    address = next(parse_many([item.text])).address
    if isinstance(address, PlaylistAddress | VideoAddress):
        return address.playlist_id
    assert isinstance(address, ChannelAddress)
    return address.channel


def _row(line: int, entry: PlaylistEntry) -> Row:
    text = f"https://www.youtube.com/watch?v={entry.youtube_id}"
    if entry.gone:
        return Row(line, text, verdict=Verdict.UNAVAILABLE, reason=GONE[entry.gone].value)
    return Row(
        line,
        text,
        entry.youtube_id,
        title=entry.title,
        channel=entry.channel,
        duration=entry.duration,
    )


def _take_page(expansion: Expansion, reading: Reading, rows: Sequence[Row]) -> None:
    """One page, one transaction. Raises Stopped, having written nothing, when the import may not go on."""
    with transaction.atomic():
        state = (
            ImportBatch.objects.select_for_update()
            .values_list("state", flat=True)
            .filter(pk=expansion.item.batch_id)
            .first()
        )  # no pause in between
        mine = Expansion.objects.filter(pk=reading.pk, lease_token=reading.token)
        brought = (
            {"taken": F("taken") + len(rows), "attempts": 1} if rows else {}
        )  # what came counts as a first attempt that goes well
        if state != BatchState.RUNNING or not mine.update(
            lease_until=timezone.now() + LEASE, **brought
        ):
            raise Stopped
        take_in(
            expansion.item.batch,
            rows,
            large=expansion.taken + len(rows) > LARGE,
            top=expansion.top - expansion.taken,
        )
        expansion.taken += len(rows)
        expansion.attempts = 1 if rows else expansion.attempts


def _end(expansion: Expansion, reading: Reading, verdict: Verdict, reason: str = "") -> None:
    with transaction.atomic():
        if Expansion.objects.filter(pk=reading.pk, lease_token=reading.token).delete()[0]:
            ImportItem.objects.filter(pk=expansion.item_id).update(verdict=verdict, reason=reason)
    finish_if_done(expansion.item.batch_id)
    events.publish_imports([expansion.item.batch.owner_id])


def _conclude(expansion: Expansion, reading: Reading, cause: Cause) -> None:
    if CAUSES[cause].retryable and expansion.attempts < MAX_ATTEMPTS:
        Expansion.objects.filter(pk=reading.pk, lease_token=reading.token).update(
            not_before=timezone.now() + PAUSE * 2**expansion.attempts, **FREE
        )
    else:
        _end(
            expansion,
            reading,
            Verdict.EXPANDED if expansion.taken else Verdict.INVALID,
            reason=cause.value,
        )


def _defer(reading: Reading, *, until: datetime) -> None:
    """Not the playlist's fault: the attempt is taken back."""
    Expansion.objects.filter(pk=reading.pk, lease_token=reading.token).update(
        not_before=until, attempts=F("attempts") - 1, **FREE
    )
