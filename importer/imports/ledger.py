"""An import's lines as a file: every line given, with its verdict."""

import csv
from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet

from importer.imports.models import ImportItem
from videos.causes import message
from videos.export_cells import mark_formulas
from videos.exports import Echo

COLUMNS = ("number", "line", "text", "verdict", "reason", "youtube_id", "title", "stage", "error")


def items_as_csv(items: QuerySet[ImportItem]) -> Iterator[str]:
    """Yield the lines of a CSV file in UTF-8, in the items' order, with the mark that tells Excel
    so; no spreadsheet runs formulas from it.
    """
    writer: Any = csv.writer(Echo())
    yield "\ufeff" + writer.writerow(COLUMNS)
    for item in items.iterator(chunk_size=1000):
        yield writer.writerow(map(_written, _cells(item)))


def _written(value: object) -> str:
    if value is None:
        return ""
    return mark_formulas(str(value))


def _cells(item: ImportItem) -> list[object]:
    cells: list[object] = [item.number, item.line, item.text, item.verdict, item.reason_text]
    video = item.video
    if video is not None:
        cells += [video.youtube_id, video.title, video.import_stage, message(video.error_cause)]
    return cells
