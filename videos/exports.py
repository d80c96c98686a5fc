"""A list as a file for people: CSV that no spreadsheet runs formulas from, and JSON.

Both come back exactly when they are imported.
"""

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from videos.export_cells import COLUMNS, JSON_FORMAT, mark_formulas, tags_to_text
from videos.models import ListEntry

ROWS_AT_ONCE = 1_000


def entries_as_csv(entries: QuerySet[ListEntry]) -> Iterator[str]:
    """The lines of a CSV file in UTF-8, with the mark that tells Excel so.

    In the entries' order; a few queries per thousand.
    """
    writer: Any = csv.writer(Echo(), lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(COLUMNS)
    for row in _rows(entries):
        cells = (row | {"tags": tags_to_text(row["tags"])}).values()
        yield writer.writerow(map(_written, cells))


def _written(cell: object) -> str:
    if cell is None:
        return ""
    return mark_formulas(str(cell))


def entries_as_json(entries: QuerySet[ListEntry], *, name: str) -> Iterator[str]:
    """The parts of a JSON document: one object with the list's name and its videos, a video a
    line.
    """
    head = json.dumps({"format": JSON_FORMAT, "version": 1, "name": name}, ensure_ascii=False)
    yield f'{head[:-1]}, "videos": ['
    between = "\n"
    for row in _rows(entries):
        yield between + json.dumps(row, ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


def read_for_export(entries: QuerySet[ListEntry]) -> Iterator[ListEntry]:
    """Read entries with videos and tags, some at once. Two queries per thousand."""
    rows = entries.select_related("video").defer("video__description").prefetch_related("tags")
    return rows.iterator(chunk_size=ROWS_AT_ONCE)


def _rows(entries: QuerySet[ListEntry]) -> Iterator[dict[str, Any]]:
    for entry in read_for_export(entries):
        yield dict(zip(COLUMNS, _values_of(entry), strict=True))


def _values_of(entry: ListEntry) -> tuple[Any, ...]:
    video = entry.video
    published = None
    if video.published_at is not None:
        published = video.published_at.isoformat()
    return (
        video.youtube_id,
        video.youtube_url,
        entry.title,
        video.channel,
        video.duration,
        published,
        video.captions_source,
        video.import_stage,
        entry.added_at.isoformat(),
        entry.note,
        sorted(entry.tag_names()),
    )


class Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value
