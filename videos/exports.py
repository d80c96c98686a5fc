"""A list as a file for people: CSV that no spreadsheet runs formulas from, and JSON.

Both come back exactly when they are imported.
"""

import csv
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import QuerySet

from videos.models import ListEntry

COLUMNS = (
    "youtube_id",
    "url",
    "title",
    "channel",
    "duration",
    "published",
    "captions",
    "stage",
    "added",
    "note",
    "tags",
)
JSON_FORMAT = "sammelwerk-list"
ROWS_AT_ONCE = 1_000

# Where a spreadsheet would see a formula begin: at the start of a cell, and, where it separates
# cells by semicolons (as in German) or tabs
# and so overlooks our quotes, after one of these or at the start of a line.
_FORMULA = r"(?=[ ']*[=+\-@＝＋－＠])"
_BEFORE_FORMULA = re.compile(rf"(?:\A|(?<=[;\t\n\r])){_FORMULA}")
_MARKED_FORMULA = re.compile(rf"(?:\A|(?<=[;\t\n\r]))'{_FORMULA}")


def entries_as_csv(entries: QuerySet[ListEntry]) -> Iterator[str]:
    """The lines of a CSV file in UTF-8, with the mark that tells Excel so.

    In the entries' order; a few queries per thousand.
    """
    writer: Any = csv.writer(Echo(), lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow(COLUMNS)
    for row in _rows(entries):
        cells = (row | {"tags": tags_to_text(row["tags"])}).values()
        yield writer.writerow([mark_formulas("" if cell is None else str(cell)) for cell in cells])


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


def mark_formulas(text: str) -> str:
    """An apostrophe before everything a spreadsheet might run, however many there are already:
    `unmark_formulas` takes it away again.
    """
    return _BEFORE_FORMULA.sub("'", text)


def unmark_formulas(text: str) -> str:
    return _MARKED_FORMULA.sub("", text)


def tags_to_text(tags: Iterable[str]) -> str:
    """`a, b`; a name with a comma or a quote in it is quoted as in CSV."""
    return ", ".join(
        f'"{tag.replace(chr(34), 2 * chr(34))}"' if re.search(r'[,"]', tag) else tag for tag in tags
    )


def tags_from_text(text: str) -> list[str]:
    return next(csv.reader([text], skipinitialspace=True), [])


def _rows(entries: QuerySet[ListEntry]) -> Iterator[dict[str, Any]]:
    entries = entries.select_related("video").defer("video__description").prefetch_related("tags")
    for entry in entries.iterator(chunk_size=ROWS_AT_ONCE):
        video = entry.video
        values = (
            video.youtube_id,
            video.youtube_url,
            entry.title,
            video.channel,
            video.duration,
            video.published_at.isoformat() if video.published_at else None,
            video.captions_source,
            video.import_stage,
            entry.added_at.isoformat(),
            entry.note,
            sorted(tag.name for tag in entry.tags.all()),
        )
        yield dict(zip(COLUMNS, values, strict=True))


class Echo:
    """A file that hands back what is written to it."""

    def write(self, value: str) -> str:
        return value
