"""Playlists and channels as lines: read by a worker page by page, each page committed, safe to
repeat after a crash.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from django.db import transaction
from django.db.models import Count, Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce, Now

from enrichment import events
from enrichment.errors import ListCutShort, NetworkBlip, SourceError, Throttled
from enrichment.leases import Holder, LeasedQuerySet
from enrichment.playlists import NoPermit, read_pages
from enrichment.services import LARGE
from enrichment.sources.types import Playlist, PlaylistEntry
from importer.imports.cut_short import count_entries
from importer.imports.models import BatchState, Expansion, ImportBatch, ImportItem, Verdict
from importer.imports.rows import Row, take_in
from importer.imports.settling import finish_if_done
from importer.imports.signals import playlist_named
from importer.parsing import ChannelAddress, PlaylistAddress, VideoAddress, parse_many
from videos.addresses import watch_url
from videos.causes import CAUSES, Cause

logger = logging.getLogger(__name__)

LEASE = timedelta(seconds=90)  # renewed with every page; a page waits at most 30 s for its permit
# One of an owner; each takes a process of the worker, and all of them one budget.
READINGS_AT_ONCE = 2
SHORT_READINGS = 2  # of a list that ends before its count; then that is what YouTube gives
MAX_ATTEMPTS = 5  # runs in a row that brought nothing, not counting throttled ones
PAUSE = timedelta(minutes=1)  # doubled with each bad end
GONE = {"private": Cause.PRIVATE, "deleted": Cause.UNAVAILABLE}


class Stopped(Exception):
    """The import was paused or cancelled, or another worker has this playlist by now."""


def add_expansions(batch: ImportBatch) -> None:
    """A row for each playlist line of a new import, with room in the list for all its videos.

    Inside the import's transaction.
    """
    for item in batch.items.filter(verdict=Verdict.EXPANDING).order_by(
        "-number"
    ):  # the first one given takes the highest place
        top = batch.video_list.reserve_positions(batch.limit)
        Expansion.objects.create(item=item, top=top, not_before=Now())


def expand_next(holder: Holder) -> bool:
    """Read one due playlist to its end, or as far as it goes now.

    False when none is due, or one is being read.
    """
    expansion = claim(holder)
    if expansion is None:
        return False
    if expansion.attempts > MAX_ATTEMPTS:
        logger.error(
            "playlist of item %s killed its worker %s times, set aside",
            expansion.item_id,
            MAX_ATTEMPTS,
        )
        _conclude(expansion, Cause.TOO_MANY_ATTEMPTS)
        return True
    try:
        _read(expansion)
    except Stopped:
        _mine(expansion).put_back(counts=False)
    except NoPermit as pause:
        _mine(expansion).put_back(wait=timedelta(seconds=max(pause.wait, 1.0)), counts=False)
    except (Throttled, NetworkBlip) as error:
        wait = max(PAUSE, timedelta(seconds=error.retry_after or 0))
        _mine(expansion).put_back(wait=wait, counts=False)
    except ListCutShort as cut:
        _conclude(expansion, cut.cause, readings=SHORT_READINGS, read=cut.read)
    except SourceError as error:
        _conclude(expansion, error.cause)
    except Exception:
        logger.exception("playlist of item %s: unexpected", expansion.item_id)
        _conclude(expansion, Cause.INTERNAL)
    return True


def claim(holder: Holder) -> Expansion | None:
    """The next playlist, held. Those of paused or cancelled imports wait.

    Owners take turns: of each only one is read at a time, and who has had fewer read of what runs
    now is first. The second playlist of a line waits for the first: as their rows never mix, each
    reading knows its own.
    """
    if not Expansion.objects.due().exists():
        return None  # with statistics SQLite begins below with all lines of all imports
    if Expansion.objects.running().count() >= READINGS_AT_ONCE:
        return None
    expansion: Expansion | None = _in_turn().take_first(holder, LEASE, "item__batch__video_list")
    return expansion


def _in_turn() -> LeasedQuerySet:
    """Return the due playlists that may be read now, of owners with the fewest first."""
    owner = OuterRef("item__batch__owner")
    before = Expansion.objects.filter(
        item__batch=OuterRef("item__batch"),
        item__line=OuterRef("item__line"),
        item__number__lt=OuterRef("item__number"),
    )
    read_now = Expansion.objects.running().filter(item__batch__owner=owner)
    had = ImportItem.objects.filter(
        batch__owner=owner, batch__state=BatchState.RUNNING, verdict=Verdict.EXPANDED
    )
    count = had.order_by().values("batch__owner").annotate(count=Count("pk")).values("count")
    due = Expansion.objects.due().filter(
        ~Exists(before), ~Exists(read_now), item__batch__state=BatchState.RUNNING
    )
    turns: LeasedQuerySet = due.annotate(had=Coalesce(Subquery(count), 0))
    return turns.order_by("had", "item_id")


def _mine(expansion: Expansion) -> LeasedQuerySet:
    return Expansion.objects.held_by(expansion.holder).filter(pk=expansion.pk)


def _read(expansion: Expansion) -> None:
    item = expansion.item
    done = _texts_done(expansion)
    room = _room(item.batch) + len(done)
    pages: Iterable[list[PlaylistEntry]] = ()
    if room > 0:
        pages = read_pages(
            _address(item),
            limit=room,
            announce=partial(_note_announced, item),
            holder=expansion.holder,
        )
    for page in pages:
        _take_page(expansion, _rows_not_done(item.line, page, done))
        events.publish_imports([item.batch.owner_id])
    _end(expansion, Verdict.EXPANDED)


def _room(batch: ImportBatch) -> int:
    """Return how many lines the import may still have."""
    lists = (Verdict.EXPANDING, Verdict.EXPANDED)
    return batch.limit - batch.items.exclude(verdict__in=lists).count()


def _rows_not_done(line: int, page: Iterable[PlaylistEntry], done: set[str]) -> list[Row]:
    """Return the entries whose texts are not in `done`, and add those to it."""
    fresh = []
    for entry in page:
        row = row_of(line, entry)
        if row.text not in done:
            fresh.append(row)
    done.update(row.text for row in fresh)
    return fresh


def _texts_done(expansion: Expansion) -> set[str]:
    """The lines that this playlist brought by now, which another reading passes over.

    They are the last of its line. A playlist that was read in part before may share its line with
    later ones.
    """
    item = expansion.item
    brought = item.batch.items.filter(line=item.line).order_by("-number")
    if item.entries_read is None:
        brought = brought[: expansion.taken]
    return set(brought.values_list("text", flat=True))


def _note_announced(item: ImportItem, playlist: Playlist) -> None:
    """Keep how many entries YouTube speaks of, to say how much of a list is missing; None when it
    does not. Tell whoever follows this playlist or channel how YouTube calls it.
    """
    item.entries_announced = playlist.count
    ImportItem.objects.filter(pk=item.pk).update(entries_announced=playlist.count)
    playlist_named.send(
        sender=ImportItem,
        video_list_id=item.batch.video_list_id,
        source=_address(item),
        title=playlist.title,
    )


def _address(item: ImportItem) -> str:
    """A video's address here is that of the playlist it names besides: somebody wanted all of
    it.
    """
    address = next(parse_many([item.text])).address
    if isinstance(address, PlaylistAddress | VideoAddress):
        return address.playlist_id
    assert isinstance(address, ChannelAddress)
    return address.channel


def row_of(line: int, entry: PlaylistEntry) -> Row:
    """Return an entry as a line of an import, with what the playlist says about the video."""
    text = watch_url(entry.youtube_id)
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


def _take_page(expansion: Expansion, rows: Sequence[Row]) -> None:
    """One page, one transaction.

    Raises Stopped, having written nothing, when the import may not go on.
    """
    with transaction.atomic():
        state = (
            ImportBatch.objects.select_for_update()
            .values_list("state", flat=True)
            .filter(pk=expansion.item.batch_id)
            .first()
        )  # no pause in between
        # What came counts as a first attempt that goes well.
        brought = {"taken": F("taken") + len(rows), "attempts": 1} if rows else {}
        if state != BatchState.RUNNING or not _mine(expansion).renew(LEASE, **brought):
            raise Stopped
        take_in(
            expansion.item.batch,
            rows,
            large=expansion.taken + len(rows) > LARGE,
            top=expansion.top - expansion.taken,
        )
        expansion.taken += len(rows)
        expansion.attempts = 1 if rows else expansion.attempts


def _end(
    expansion: Expansion, verdict: Verdict, reason: str = "", *, entries_read: int | None = None
) -> None:
    """Give the line its last verdict.

    `entries_read`: how many entries came, of a list that was read only in part.
    """
    with transaction.atomic():
        if _mine(expansion).finish():
            ImportItem.objects.filter(pk=expansion.item_id).update(
                verdict=verdict, reason=reason, entries_read=entries_read
            )
    finish_if_done(expansion.item.batch_id)
    events.publish_imports([expansion.item.batch.owner_id])


def _conclude(
    expansion: Expansion, cause: Cause, *, readings: int = MAX_ATTEMPTS, read: int | None = None
) -> None:
    """Put the playlist back for another reading, or end it with its cause after so many that
    brought nothing new.

    `read`: how many entries came in the last reading, None when that is to be counted.
    """
    retryable = CAUSES[cause].retryable
    if retryable and expansion.attempts < readings:
        _mine(expansion).put_back(wait=PAUSE * 2**expansion.attempts)
        return
    in_part = count_entries(expansion.item)
    if retryable and in_part:
        entries_read = in_part if read is None else read
        _end(expansion, Verdict.EXPANDED, reason=cause.value, entries_read=entries_read)
        return
    is_list = in_part or cause == Cause.PLAYLIST_EMPTY
    _end(expansion, Verdict.EXPANDED if is_list else Verdict.INVALID, reason=cause.value)
