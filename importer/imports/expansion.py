"""Playlists and channels as lines: each page that was read is committed together with where the
next one begins, so a reading goes on after any death and any pause (`importer.imports.reading`).
"""

from datetime import timedelta

from django.db import transaction

from enrichment import events
from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.leases import LeasedQuerySet, once_more
from enrichment.services import LARGE
from enrichment.sources.types import ListPage, PlaylistEntry
from importer.imports.cut_short import count_entries
from importer.imports.models import BatchState, Expansion, ImportBatch, ImportItem, Verdict
from importer.imports.playlist_turns import LEASE, let_next_of_line
from importer.imports.rows import Row, take_in
from importer.imports.settling import finish_if_done
from importer.imports.signals import playlist_named
from importer.parsing import ChannelAddress, PlaylistAddress, VideoAddress, parse_many
from videos.addresses import watch_url
from videos.causes import CAUSES, Cause
from videos.models import VideoList

SHORT_READINGS = 2  # of a list that ends before its count; then that is what YouTube gives
MAX_ATTEMPTS = 5  # runs in a row that brought nothing, not counting throttled ones
PAUSE = timedelta(minutes=1)  # doubled with each bad end
GONE = {"private": Cause.PRIVATE, "deleted": Cause.UNAVAILABLE}


def has_begun(expansion: Expansion) -> bool:
    """A person waits for the first page; those after it leave the reserve to people."""
    return expansion.continuation is not None


def _mine(expansion: Expansion) -> LeasedQuerySet:
    return Expansion.objects.held_by(expansion.holder).filter(pk=expansion.pk)


def go_on(expansion: Expansion, answer: ListPage | SourceError | None) -> None:
    """Keep a page, or try again later what brought none."""
    if answer is None:
        _end(expansion, Verdict.EXPANDED)
    elif isinstance(answer, ListPage):
        _keep(expansion, answer)
    elif isinstance(answer, Throttled | NetworkBlip):
        wait = max(PAUSE, timedelta(seconds=answer.retry_after or 0))
        _mine(expansion).put_back(wait=wait, counts=False)
    else:
        conclude(expansion, answer.cause)


def room_in(batch: ImportBatch) -> int:
    """Return how many lines the import may still have."""
    lists = (Verdict.EXPANDING, Verdict.EXPANDED)
    return max(batch.limit - batch.items.exclude(verdict__in=lists).count(), 0)


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


def _note_announced(item: ImportItem, page: ListPage) -> None:
    """Keep how many entries YouTube speaks of, to say how much of a list is missing; None when it
    does not. Tell whoever follows this playlist or channel how YouTube calls it.
    """
    item.entries_announced = page.announced
    ImportItem.objects.filter(pk=item.pk).update(entries_announced=page.announced)
    playlist_named.send(
        sender=ImportItem,
        video_list_id=item.batch.video_list_id,
        source=address_of(item),
        title=page.title,
    )


def address_of(item: ImportItem) -> str:
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


def _keep(expansion: Expansion, page: ListPage) -> None:
    """Keep a page, and say what comes next."""
    if not has_begun(expansion):
        _note_announced(expansion.item, page)
    if not _take_page(expansion, page):
        _mine(expansion).put_back(counts=False)
        return
    events.publish_imports([expansion.item.batch.owner_id])
    if page.is_cut_short:
        expansion.continuation = None
        conclude(expansion, Cause.PLAYLIST_INCOMPLETE, read=page.read)
    elif page.continuation is None:
        _end(expansion, Verdict.EXPANDED)


@once_more
@transaction.atomic
def _take_page(expansion: Expansion, page: ListPage) -> bool:
    """Keep one page, and where the next one begins, in one transaction. False, having written
    nothing, when the import may not go on, or another run has this playlist by now.
    """
    batch = expansion.item.batch
    VideoList.objects.select_for_update(no_key=True).filter(pk=batch.video_list_id).first()
    states = ImportBatch.objects.select_for_update().filter(pk=batch.pk)  # no pause in between
    mine = _mine(expansion)
    is_running = states.values_list("state", flat=True).first() == BatchState.RUNNING
    if not is_running or not mine.renew(LEASE):
        return False
    rows = _new_rows(expansion, page)
    taken = expansion.taken + len(rows)
    take_in(batch, rows, large=taken > LARGE, top=expansion.top - expansion.taken)
    # What came counts as a first attempt that goes well.
    attempts = 1 if rows else expansion.attempts
    if page.continuation is None:
        mine.update(taken=taken, attempts=attempts, continuation=None)
    else:
        continuation = page.continuation.as_json()
        mine.put_back(taken=taken, attempts=attempts - 1, continuation=continuation)
    expansion.attempts = attempts
    return True


def _new_rows(expansion: Expansion, page: ListPage) -> list[Row]:
    """Return the page's entries that this playlist did not bring before, as far as there is room in
    the import.
    """
    fresh = []
    done = _texts_done(expansion)
    for entry in page.entries:
        row = row_of(expansion.item.line, entry)
        if row.text not in done:
            fresh.append(row)
            done.add(row.text)
    return fresh[: room_in(expansion.item.batch)]


def _end(
    expansion: Expansion, verdict: Verdict, reason: str = "", *, entries_read: int | None = None
) -> None:
    """Give the line its last verdict.

    `entries_read`: how many entries came, of a list that was read only in part.
    """
    with transaction.atomic():
        # so that nobody adds to the line meanwhile and waits for this one
        ImportBatch.objects.select_for_update().filter(pk=expansion.batch_id).first()
        if _mine(expansion).finish():
            ImportItem.objects.filter(pk=expansion.item_id).update(
                verdict=verdict, reason=reason, entries_read=entries_read
            )
            let_next_of_line(expansion)
    finish_if_done(expansion.item.batch_id)
    events.publish_imports([expansion.item.batch.owner_id])


def conclude(expansion: Expansion, cause: Cause, *, read: int | None = None) -> None:
    """Put the playlist back for another try, or end it with its cause after so many that brought
    nothing new. `read`: how many entries came of a list that ended before its count.
    """
    readings = MAX_ATTEMPTS if read is None else SHORT_READINGS
    retryable = CAUSES[cause].retryable
    if retryable and expansion.attempts < readings:
        # The same page is asked for twice; then the list is read from its beginning.
        continuation = expansion.continuation if expansion.attempts == 1 else None
        wait = PAUSE * 2**expansion.attempts
        _mine(expansion).put_back(wait=wait, continuation=continuation)
        return
    in_part = count_entries(expansion.item)
    if retryable and in_part:
        entries_read = in_part if read is None else read
        _end(expansion, Verdict.EXPANDED, reason=cause.value, entries_read=entries_read)
        return
    is_list = in_part or cause == Cause.PLAYLIST_EMPTY
    _end(expansion, Verdict.EXPANDED if is_list else Verdict.INVALID, reason=cause.value)
