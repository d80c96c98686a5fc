"""The index: one document for each finished video, with the words it is found by.

A document is a set of words without their places. It says which videos have all the words; where in
a video they are said is looked up in the transcript itself (`videos.search.moments`). SQLite keeps
the words in an FTS5 table, PostgreSQL in a GIN index; both hold the same words, made here. The
table behind the GIN index keeps them without what its function makes of them (`as_lines`).

Besides each word itself a document has marked words:

- `¹uhr`: a word of the title or the channel, so that titles come first,
- `²uhr`: a word that is said at least four times,
- `³krewrhu`: a long word backwards, to find `werk` in `Uhrwerk`,
- `⁴in the` (without the blank): two short words that follow each other. Phrases of short words
  would otherwise fit nearly every video.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from itertools import pairwise
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from videos.models import Chapter, Transcript, Video
from videos.prepared import PreparedSelect
from videos.search.models import SearchDocument, SearchState
from videos.search.tokenizer import (
    VERSION,
    is_paired,
    join_cues,
    sequence,
    sequence_and_joined,
    words,
)

Row = TypeVar("Row", bound=Model)

TITLE, OFTEN, REVERSED, PAIR = "¹", "²", "³", "⁴"
SAID_OFTEN = 4  # times
SHORTEST_REVERSED = 7  # letters; shorter words have no other word inside
LONGEST_IN_PAIR = 3  # letters of each word
FTS = "search_fts"
MOST_WORDS = 200_000  # of one video, twenty hours of speech; what follows is not indexed


@dataclass(frozen=True)
class Texts:
    """Everything of a video that is searched, but for what is one person's own."""

    title: str = ""
    channel: str = ""
    description: str = ""
    chapters: Sequence[str] = field(default=())
    spoken: Sequence[str] = field(default=())  # the text of each cue
    version: int = 0


def texts_of(video_id: int) -> Texts | None:
    """As they stand in the database; None when there is no such video. Three queries."""
    columns = ("title", "channel", "description", "version")
    video = Video.objects.filter(pk=video_id).values(*columns).first()
    if video is None:
        return None
    chapters = Chapter.objects.filter(video=video_id).values_list("title", flat=True)
    return Texts(**video, chapters=list(chapters), spoken=_spoken_in(video_id))


def _spoken_in(video_id: int) -> list[str]:
    cues = Transcript.objects.filter(video=video_id).values_list("cues", flat=True).first()
    return [cue[2] for cue in cues or ()]


def words_of(texts: Texts) -> str:
    """The words of a document, each once, in order, with blanks between.

    About 5 ms for half an hour of speech: call it before the transaction.
    """
    said = join_cues(texts.spoken)
    spoken, joined = sequence_and_joined(said)
    spoken = spoken[:MOST_WORDS]
    named = words(f"{texts.title}\n{texts.channel}")
    written = "\n".join([texts.description, *texts.chapters])
    found = {*spoken, *joined, *named, *words(written)}
    found.update(_reversed(found))
    found.update(TITLE + word for word in named)
    found.update(OFTEN + word for word, times in Counter(spoken).items() if times >= SAID_OFTEN)
    for text in (spoken, sequence(texts.title), sequence(texts.channel), sequence(written)):
        found |= pairs(text)
    return " ".join(sorted(found))


def _reversed(found: Iterable[str]) -> list[str]:
    return [
        REVERSED + word[::-1]
        for word in found
        if len(word) >= SHORTEST_REVERSED and not is_paired(word)
    ]


def pairs(text: Sequence[str]) -> set[str]:
    """The pairs of short words that follow each other, as the words they are in the index."""
    return {
        f"{PAIR}{first}{PAIR}{second}"
        for first, second in pairwise(text)
        if len(first) <= LONGEST_IN_PAIR and len(second) <= LONGEST_IN_PAIR and not is_paired(first)
    }


# Writing ------------------------------------------------------------------------------------------


_DIGEST = PreparedSelect(
    lambda video_id: SearchDocument.objects.filter(video=video_id).values_list("digest"), int
)


def write(video_id: int, content: str, *, version: int) -> None:
    """Make or replace the document of a video. `version` is the video's after this transaction's
    writes: when somebody else changed it in the meantime, the beat sees that they differ.

    A document does not change: a new row takes its place, since FTS5 could only take words out that
    it is told exactly. Inside the transaction that changes the video.
    """
    fields = fields_of(content, version=version)
    there = SearchDocument.objects.filter(video=video_id)
    known = _DIGEST.rows(video_id)
    if known == [(fields["digest"],)]:
        there.update(tokenizer=VERSION, version=version)
        return
    if known:
        there.delete()
    document = SearchDocument.objects.create(video_id=video_id, **fields)
    add_to_fts(document.pk, content)


def reindex(video_id: int) -> None:
    """Make the document of a video from what stands in the database. Not when somebody changes the
    video at the same time: they make it themselves.
    """
    texts = texts_of(video_id)
    if texts is None:
        return
    content = words_of(texts)
    with transaction.atomic():
        unchanged = _locked(Video.objects.filter(pk=video_id, version=texts.version))
        if unchanged.values_list("pk").first():
            write(video_id, content, version=texts.version)


def _locked(rows: QuerySet[Row]) -> QuerySet[Row]:
    """Lock the rows until the transaction ends. SQLite has locked everything by then."""
    if connection.features.has_select_for_update:
        return rows.select_for_update()
    return rows


def fields_of(content: str, *, version: int) -> dict[str, Any]:
    """The columns of a document. PostgreSQL's index is made from its words, FTS5 has its own."""
    words = ""
    if connection.vendor == "postgresql":
        words = as_lines(content)
    return {
        "words": words,
        "digest": blake2b(content.encode(), digest_size=8).hexdigest(),
        "tokenizer": VERSION,
        "version": version,
    }


def as_lines(content: str) -> str:
    """A document as PostgreSQL keeps it: without the words that `search_tokens`, the function its
    index is made with, makes of the others.

    Five lines: of the other words those that are no more, those said often, the long ones, and the
    long ones said often; and the pairs, those with the same first word together: `in⁴the⁴a`.
    """
    words = content.split(" ")
    found = set(words)
    lines: dict[tuple[bool, bool], list[str]] = {
        (False, False): [],
        (False, True): [],
        (True, False): [],
        (True, True): [],
    }
    second_words: dict[str, list[str]] = {}
    for word in words:
        if word.startswith((OFTEN, REVERSED)):
            continue
        if word.startswith(PAIR):
            first, second = word[1:].split(PAIR)
            second_words.setdefault(first, [first]).append(second)
            continue
        is_long = len(word) >= SHORTEST_REVERSED and REVERSED + word[::-1] in found
        is_often = OFTEN + word in found
        lines[is_long, is_often].append(word)
    pairs = list(map(PAIR.join, second_words.values()))
    return "\n".join(map(" ".join, [*lines.values(), pairs]))


def add_to_fts(row: int, content: str, *, table: str = FTS) -> None:
    """SQLite: put the words under this row's id."""
    if connection.vendor != "sqlite":
        return
    with connection.cursor() as cursor:
        sql = f"INSERT INTO {table} (rowid, words) VALUES (%s, %s)"  # noqa: S608
        cursor.execute(sql, [row, content])


def make_fts(table: str) -> None:
    """SQLite: an empty index. Merging is the beat's, so that no import waits for it.

    What belongs to a word is every byte but the blank between two words (`ascii` takes all other
    characters for letters).
    """
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {table}")
        cursor.execute(
            f"CREATE VIRTUAL TABLE {table} USING fts5"
            "(words, content='', tokenize='ascii', detail=none)"
        )
        for name, value in (("automerge", 0), ("crisismerge", 64)):
            sql = f"INSERT INTO {table} ({table}, rank) VALUES (%s, %s)"  # noqa: S608
            cursor.execute(sql, [name, value])


def replace_fts(new: str) -> None:
    """SQLite: a rebuilt index takes the place of the old one."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE {FTS}")
        cursor.execute(f"ALTER TABLE {new} RENAME TO {FTS}")


# What is missing ----------------------------------------------------------------------------------


def stale(after: int, *, limit: int) -> tuple[list[int], int]:
    """Of the next `limit` videos by id those whose document is missing or old, and the last id that
    was looked at; 0 at the end. One query by the key.
    """
    rows = _versions_after(after, limit)
    found = []
    for pk, finished_at, version, indexed, tokenizer in rows:
        is_current = indexed == version and tokenizer == VERSION
        if finished_at is not None and not is_current:
            found.append(pk)
    last = rows[-1][0] if len(rows) == limit else 0
    return found, last


def _versions_after(video_id: int, limit: int) -> list[tuple[Any, ...]]:
    """Of the next videos the id, when it was finished, its version, and of its document the
    version of the video and of the tokenizer.
    """
    document = ("search_document__version", "search_document__tokenizer")
    rows = Video.objects.values_list("pk", "finished_at", "version", *document)
    return list(rows.filter(pk__gt=video_id).order_by("pk")[:limit])


_COMPLETE = PreparedSelect(
    lambda: SearchState.objects.filter(pk=1, tokenizer=VERSION).values_list("pk")
)


def is_complete() -> bool:
    """Whether every document was made with this version of the tokenizer. One query."""
    return bool(_COMPLETE.rows())


def state() -> SearchState:
    row, _ = SearchState.objects.get_or_create(pk=1)
    return row


def move_on(before: SearchState, *, looked_at: int) -> None:
    """The videos up to there were looked at; at the end (0) every document is of this version."""
    row = SearchState.objects.filter(pk=before.pk)
    if looked_at == 0:
        row.update(looked_at=0, tokenizer=VERSION)
    else:
        row.update(looked_at=looked_at)


def documents_made() -> int:
    """How many documents are of this version of the tokenizer."""
    return SearchDocument.objects.filter(tokenizer=VERSION).count()


def videos_to_index() -> int:
    return Video.objects.exclude(finished_at=None).count()


def rebuilt_to() -> int:
    """The last document of a rebuild, 0 without one. Locked until the transaction ends."""
    state()
    row = _locked(SearchState.objects.filter(pk=1))
    return row.values_list("rebuilt", flat=True)[0]


def keep_rebuilt(last: int) -> None:
    """A rebuild came that far; 0 at its end."""
    SearchState.objects.filter(pk=1).update(rebuilt=last)
