"""This product's own exports of a list, CSV and JSON, which hold exactly what is to be kept:
nothing in them is guessed or cleaned.
"""

import json
from collections.abc import Iterator
from typing import Any

from importer.intake.files import fields
from importer.intake.files.delimited import read_records
from importer.intake.files.reading import (
    UNNAMED,
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
    Kind,
)
from importer.intake.files.streams import head_text, open_text, text_lines
from videos.export_cells import COLUMNS, JSON_FORMAT, tags_from_text, unmark_formulas
from videos.text import one_line, storable

LONGEST_NOTE = 20_000  # characters
LONGEST_RECORD = 2_000  # lines; a quote open for longer is a stray one
_LARGEST = 20_000_000  # characters of an own export in JSON, which is read as a whole
_DELIMITERS = ",;\t"  # a spreadsheet may have saved it with another one

Found = Iterator[tuple[Heading, FileLine]]


class OwnTable:
    name = "own_csv"

    def recognises(self, given: Given) -> bool:
        return _delimiter(given) is not None

    def read(self, given: Given) -> Found:
        lines = text_lines(given, keep_blank=True)
        next(lines)
        for record in read_records(lines, _delimiter(given) or ",", LONGEST_RECORD):
            if record.is_blank():
                continue
            row = dict(zip(COLUMNS, map(unmark_formulas, record.cells), strict=False))
            tags = tags_from_text(row.get("tags", "").replace("\n", " "))
            yield UNNAMED, _line(record.number, row, tags, cut=record.cut or record.is_part)


class OwnJson:
    name = "own_json"

    def recognises(self, given: Given) -> bool:
        return head_text(given).lstrip("\ufeff").startswith(f'{{"format": "{JSON_FORMAT}"')

    def read(self, given: Given) -> Found:
        text = open_text(given).read(_LARGEST + 1)
        if len(text) > _LARGEST:
            raise FileRefused(FileProblem.TOO_LARGE)
        try:
            document = json.loads(text.lstrip("\ufeff"))
        except (ValueError, RecursionError):
            raise FileRefused(FileProblem.DAMAGED) from None
        videos = document.get("videos")
        if not isinstance(videos, list):
            return
        heading = _heading(document.get("name"))
        for number, row in enumerate(videos, 1):
            if not isinstance(row, dict):
                row = {"url": str(row)[:200]}
            texts = {key: value for key, value in row.items() if isinstance(value, str)}
            yield heading, _line(number, texts, _texts_of(row.get("tags")))


def _heading(name: Any) -> Heading:
    if isinstance(name, str) and name.strip():
        return Heading(one_line(name, 200), Kind.PLAYLIST)
    return UNNAMED


def _texts_of(given: Any) -> list[str]:
    if not isinstance(given, list):
        return []
    return [text for text in given if isinstance(text, str)]


def _delimiter(given: Given) -> str | None:
    """Return the delimiter, None unless the header is exactly that of our own export."""
    first = head_text(given)[:1_000].lstrip("\ufeff").partition("\n")[0].strip()
    for sign in _DELIMITERS:
        if first.replace('"', "") == sign.join(COLUMNS):
            return sign
    return None


def _line(number: int, row: dict[str, str], tags: list[str], *, cut: bool = False) -> FileLine:
    return FileLine(
        number,
        row.get("url", "").strip() or row.get("youtube_id", "").strip() or ",",
        title=one_line(row.get("title", ""), 500),
        note=storable(row.get("note", ""), LONGEST_NOTE),
        tags=_tags(tags),
        added_at=fields.when(row.get("added", "")),
        cut=cut,
    )


def _tags(given: list[str]) -> tuple[str, ...]:
    """Return the first hundred tags, each once, in order."""
    names = dict.fromkeys(one_line(tag, fields.MAX_TAG) for tag in given[:100])
    names.pop("", None)
    return tuple(names)
