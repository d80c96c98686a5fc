"""This product's own exports of a list, CSV and JSON, which hold exactly what is to be kept: nothing in them is guessed or cleaned."""

import csv
import io
import json
from collections.abc import Iterator
from itertools import count

from importer.intake.files import fields
from importer.intake.files.reading import (
    UNNAMED,
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
    Kind,
)
from importer.intake.files.streams import head_text, open_text
from videos.exports import COLUMNS, JSON_FORMAT, tags_from_text, unmark_formulas
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
        text = open_text(given)
        text.readline()
        for number, cells, cut in _records(
            text, _delimiter(given) or ",", given.limits.line_length
        ):
            row = dict(zip(COLUMNS, map(unmark_formulas, cells), strict=False))
            yield (
                UNNAMED,
                _line(number, row, tags_from_text(row.get("tags", "").replace("\n", " ")), cut=cut),
            )


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
        name, videos = document.get("name"), document.get("videos")
        heading = (
            Heading(one_line(name, 200), Kind.PLAYLIST)
            if isinstance(name, str) and name.strip()
            else UNNAMED
        )
        for number, row in enumerate(videos if isinstance(videos, list) else (), 1):
            texts = (
                {key: value for key, value in row.items() if isinstance(value, str)}
                if isinstance(row, dict)
                else {"url": str(row)[:200]}
            )
            tags = row.get("tags") if isinstance(row, dict) else None
            yield (
                heading,
                _line(
                    number,
                    texts,
                    [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else [],
                ),
            )


def _delimiter(given: Given) -> str | None:
    """By the header, which is ours to the letter; None for any other."""
    first = head_text(given)[:1_000].lstrip("\ufeff").partition("\n")[0].strip()
    return next(
        (sign for sign in _DELIMITERS if first.replace('"', "") == sign.join(COLUMNS)), None
    )


def _records(
    text: io.TextIOWrapper, delimiter: str, longest: int
) -> Iterator[tuple[int, list[str], bool]]:
    """Line, cells, and whether it was cut. A note may go over many lines, with empty ones among them; a stray quote costs its own line."""
    lines = iter(lambda: text.readline(longest + 1), "")
    numbers = count(2)
    for line in lines:
        group, quotes = [line], line.count('"')
        while quotes % 2 and len(group) < LONGEST_RECORD and (following := next(lines, None)):
            group.append(following)
            quotes += following.count('"')
        first = next(numbers)
        for _ in group[1:]:
            next(numbers)
        for number, parts in (
            [(first, group)]
            if not quotes % 2
            else [(first + i, [part]) for i, part in enumerate(group)]
        ):
            if any(part.strip() for part in parts):
                yield number, _cells(parts, delimiter), any(len(part) > longest for part in parts)


def _cells(parts: list[str], delimiter: str) -> list[str]:
    try:
        return next(csv.reader(parts, delimiter=delimiter), [])
    except csv.Error:  # a cell longer than the csv module allows
        return [part[:200] for part in parts[:1]]


def _line(number: int, row: dict[str, str], tags: list[str], *, cut: bool = False) -> FileLine:
    return FileLine(
        number,
        row.get("url", "").strip() or row.get("youtube_id", "").strip() or ",",
        title=one_line(row.get("title", ""), 500),
        note=storable(row.get("note", ""), LONGEST_NOTE),
        tags=tuple(
            dict.fromkeys(name for tag in tags[:100] if (name := one_line(tag, fields.MAX_TAG)))
        ),
        added_at=fields.when(row.get("added", "")),
        cut=cut,
    )
