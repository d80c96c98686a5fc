"""Making the index in the background: for an installation from before there was one, after a new
tokenizer, and for whatever was missed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

from videos.search import documents
from videos.search.tokenizer import VERSION

AT_ONCE = 200  # videos looked at in one query
REBUILT_AT_ONCE = 20


@dataclass(frozen=True)
class Building:
    """`done` of `total` videos can be found."""

    done: int
    total: int


def building() -> Building | None:
    """How far the index is, while it is being made for the first time; None when it is there.

    One query then.
    """
    if documents.state().tokenizer == VERSION:
        return None
    total = documents.videos_to_index()
    return Building(min(documents.documents_made(), total), total)


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

    The index is searched meanwhile: each document is replaced in a transaction of its own.
    """
    total = documents.videos_to_index()
    after = documents.state().rebuilt
    done = documents.videos_to_index(up_to=after)
    while True:
        ids = documents.finished_videos(after, limit=REBUILT_AT_ONCE)
        for video_id in ids:
            documents.reindex(video_id)
        done += len(ids)
        after = ids[-1] if len(ids) == REBUILT_AT_ONCE else 0
        documents.keep_rebuilt(after)
        yield Building(done, max(total, done))
        if after == 0:
            return


def tidy() -> None:
    """Merge what was written since. A few milliseconds when there is nothing to merge."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("INSERT INTO search_fts (search_fts, rank) VALUES ('merge', 200)")
        else:
            cursor.execute("SELECT gin_clean_pending_list('search_words'::regclass)")
