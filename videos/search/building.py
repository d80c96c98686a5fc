"""Making the index in the background: for an installation from before there was one, after a new
tokenizer, and for whatever was missed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection, transaction

from videos.search import documents
from videos.search.documents import Texts
from videos.search.models import SearchDocument
from videos.search.tokenizer import VERSION

AT_ONCE = 200  # videos looked at in one query
REBUILT_AT_ONCE = 20
REBUILD_MENDS = 600.0  # seconds; what was missing altogether
NEW_FTS = "search_fts_new"


@dataclass(frozen=True)
class Building:
    """`done` of `total` videos can be found."""

    done: int
    total: int


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
    """Make every document anew. May be stopped at any moment, and goes on where it was.

    Searching goes on meanwhile: SQLite's index is made beside the old one and takes its place at
    the end. Documents that are written meanwhile have higher ids, so their turn comes too.
    """
    after = documents.state().rebuilt
    if connection.vendor == "sqlite" and after == 0:
        documents.make_fts(NEW_FTS)
    total = SearchDocument.objects.count()
    done = SearchDocument.objects.filter(pk__lte=after).count()
    while True:
        with transaction.atomic():
            rows = list(
                SearchDocument.objects.filter(pk__gt=after).order_by("pk")[:REBUILT_AT_ONCE]
            )
            if not rows:
                _finish_rebuild()
                break
            for document in rows:
                _make_anew(document)
            after = rows[-1].pk
            documents.keep_rebuilt(after)
        done += len(rows)
        yield Building(done, max(total, done))
    mend(seconds=REBUILD_MENDS)


def _finish_rebuild() -> None:
    """In the transaction that found no more documents, so that none is written in between."""
    if connection.vendor == "sqlite":
        documents.replace_fts(NEW_FTS)
    documents.keep_rebuilt(0)


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
