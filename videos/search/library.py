"""The videos that a person searches in.

The queries that come with every search are written once (`videos.prepared`), unless the person has
chosen filters.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from typing import Any

from django.db import connection
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from videos.lookups import SCANS_AND_JOINS, rows_by_index
from videos.models import ListEntry, Tag
from videos.prepared import PreparedSelect

SMALL = 300  # entries; the videos of so few are named in the statement
MOST_NOTES = 2_000  # of a person's notes, the newest

Entries = QuerySet[ListEntry]


class Library:
    """The videos of a person's own lists that are not deleted, or of one of them.

    `condition`: a filter of the entries.
    """

    def __init__(self, user: Any, *, list_id: int | None, condition: Q) -> None:
        self.owner: int = user.pk
        self.list_id = list_id
        self.condition = condition

    @cached_property
    def entries(self) -> Entries:
        return _entries(self.owner, self.list_id).filter(self.condition)

    @cached_property
    def few(self) -> list[int] | None:
        """What `belongs` names when there are few entries: the documents of their videos in SQLite,
        the videos in PostgreSQL. None when there are more than `SMALL`. One query.
        """
        first = _FIRST_DOCUMENTS if connection.vendor == "sqlite" else _FIRST_VIDEOS
        rows = first.rows_by_index(self)
        if len(rows) > SMALL:
            return None
        return sorted({row[0] for row in rows} - {None})

    @cached_property
    def belongs(self) -> tuple[str, list[Any]]:
        """The condition that `d` is a document of one of the videos, and its parameters."""
        if self.few is None:
            sql, params = _WITH_DOCUMENT.statement(self)
            return f"EXISTS ({sql})", params
        if connection.vendor == "sqlite":
            # The plus: without it FTS5 runs the match once for each of them.
            return f"+f.rowid IN ({', '.join(map(str, self.few))})", []
        return f"d.video_id IN ({placeholders(self.few)})", list(self.few)

    def notes(self) -> list[tuple[int, str]]:
        """The videos with the person's notes, the newest first. One query."""
        return _NOTES.rows(self)

    def tags(self) -> list[tuple[int, str]]:
        """The person's tags by id, whatever they are at. One query."""
        return _TAGS.rows(self.owner)


def placeholders(values: Collection[Any]) -> str:
    return ", ".join(["%s"] * len(values))


def entries_of_videos(owner: Any, video_ids: Sequence[int]) -> Entries:
    """The person's own entries of these videos."""
    return ListEntry.objects.filter(
        video__in=video_ids, video_list__owner=owner, video_list__deleted_at=None
    )


def _entries(owner: int, list_id: int | None = None) -> Entries:
    entries = ListEntry.objects.filter(video_list__owner=owner, video_list__deleted_at=None)
    if list_id is not None:
        entries = entries.filter(video_list=list_id)
    return entries


class _Query:
    """A query of a library's entries. `build` gets them and answers it."""

    def __init__(self, build: Callable[[Entries], QuerySet[ListEntry, Any]]) -> None:
        self._build = build
        self._of_all = PreparedSelect(lambda owner: build(_entries(owner)), int)
        self._of_list = PreparedSelect(
            lambda owner, list_id: build(_entries(owner, list_id)), int, int
        )

    def statement(self, library: Library) -> tuple[str, list[Any]]:
        """Answers the SQL and its parameters."""
        if library.condition:
            sql, params = self._build(library.entries).query.sql_with_params()
            return sql, list(params)
        if library.list_id is None:
            return self._of_all.statement(library.owner)
        return self._of_list.statement(library.owner, library.list_id)

    def rows(self, library: Library) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(*self.statement(library))
            return list(cursor.fetchall())

    def rows_by_index(self, library: Library) -> list[tuple[Any, ...]]:
        """The same where PostgreSQL would walk all entries there are for the person's few."""
        return rows_by_index(*self.statement(library), without=SCANS_AND_JOINS)


_FIRST_VIDEOS = _Query(lambda entries: entries.order_by().values_list("video")[: SMALL + 1])
_FIRST_DOCUMENTS = _Query(
    lambda entries: entries.order_by().values_list("video__search_document")[: SMALL + 1]
)
_WITH_DOCUMENT = _Query(
    lambda entries: entries.filter(video=RawSQL("d.video_id", [])).order_by().values_list("pk")
)
_NOTES = _Query(
    lambda entries: (
        entries.exclude(note="").order_by("-pk").values_list("video", "note")[:MOST_NOTES]
    )
)
_TAGS = PreparedSelect(lambda owner: Tag.objects.filter(owner=owner).values_list("pk", "name"), int)
