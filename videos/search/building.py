"""Making the index in the background: for an installation from before there was one, after a new
tokenizer, and for whatever was missed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from videos.chunks import chunks
from videos.search import documents
from videos.search.documents import Texts
from videos.search.models import SearchDocument
from videos.search.tokenizer import VERSION

AT_ONCE = 200  # videos looked at in one query
REBUILT_AT_ONCE = 20
NEW_FTS = "search_fts_new"


@dataclass(frozen=True)
class Building:
    """`done` of `total` videos can be found."""

    done: int
    total: int

    @property
    def percent(self) -> int:
        """For pages, which must not tell how many videos other people have."""
        return 100 * self.done // max(self.total, 1)


def building() -> Building | None:
    """How far the index is, while it is being made for the first time; None when it is there.

    One query then.
    """
    if documents.is_complete():
        return None
    total = documents.videos_to_index()
    done = documents.documents_made()
    if done >= total:
        return None  # the beat has only not looked yet
    return Building(done, total)


def mend(*, seconds: float) -> int:
    """Make documents that are missing or old, for about so long. Answers how many.

    Goes on where it was, and begins anew after the last video. In a complete index it looks at one
    slice of videos alone.
    """
    ends = time.monotonic() + seconds
    made = 0
    while True:
        state = documents.state()
        was_complete = state.tokenizer == VERSION
        found, last = documents.stale(state.looked_at, limit=AT_ONCE)
        for number, video_id in enumerate(found):
            if time.monotonic() > ends:
                documents.move_on(state, looked_at=found[number] - 1)
                return made
            documents.reindex(video_id)
            made += 1
        documents.move_on(state, looked_at=last)
        if last == 0 or (was_complete and not found) or time.monotonic() > ends:
            return made


def rebuild() -> Iterator[Building]:
    """Make every document anew, then those that are missing. May be stopped at any moment, and goes
    on where it was; two that run at once share the work.

    Searching goes on meanwhile: SQLite's index is made beside the old one and takes its place at
    the end. Documents that are written meanwhile have higher ids, so their turn comes too.
    """
    after = _rebuild_some(0)
    while after is not None:
        yield _progress(SearchDocument.objects.filter(pk__lte=after).count())
        after = _rebuild_some(after)
    yield from _make_missing()


def _rebuild_some(before: int) -> int | None:
    """Make the next documents anew, and answer the id of the last one. None at the end, also when
    another rebuild came to it: what this one has seen (`before`) is then further than what is kept.

    The place is read with a lock in the same transaction. Two rebuilds would otherwise put a
    document into SQLite's new index twice.
    """
    with transaction.atomic():
        after = documents.rebuilt_to()
        if after < before:
            return None
        if connection.vendor == "sqlite" and after == 0:
            documents.make_fts(NEW_FTS)
        rows = list(SearchDocument.objects.filter(pk__gt=after).order_by("pk")[:REBUILT_AT_ONCE])
        if not rows:
            _finish_rebuild()
            return None
        for document in rows:
            _make_anew(document)
        documents.keep_rebuilt(rows[-1].pk)
        return rows[-1].pk


def _finish_rebuild() -> None:
    """In the transaction that found no more documents, so that none is written in between."""
    if connection.vendor == "sqlite":
        documents.replace_fts(NEW_FTS)
    documents.keep_rebuilt(0)


def _make_missing() -> Iterator[Building]:
    """Make the documents that are missing or old, of all videos. Stopped and started again, it
    passes over those that are made.
    """
    after = 0
    while True:
        found, last = documents.stale(after, limit=AT_ONCE)
        for some in chunks(found, REBUILT_AT_ONCE):
            for video_id in some:
                documents.reindex(video_id)
            yield _progress(documents.documents_made())
        after = last
        if last == 0:
            break
    documents.move_on(documents.state(), looked_at=0)


def _progress(done: int) -> Building:
    """`done` of all documents there are or will be."""
    total = max(documents.videos_to_index(), SearchDocument.objects.count(), done)
    return Building(done, total)


def _make_anew(document: SearchDocument) -> None:
    """The document keeps its id; SQLite's words go into the new index."""
    texts = documents.texts_of(document.video_id) or Texts()
    content = documents.words_of(texts)
    fields = documents.fields_of(content, version=texts.version)
    SearchDocument.objects.filter(pk=document.pk).update(**fields)
    documents.add_to_fts(document.pk, content, table=NEW_FTS)


def tidy() -> None:
    """Merge what was written since. A few milliseconds when there is nothing to merge."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO search_fts (search_fts, rank) VALUES ('merge', 200)")
        else:
            cursor.execute("SELECT gin_clean_pending_list('search_words'::regclass)")
