"""All moments of a search as a file to take along: CSV, Markdown, JSON."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, fields
from typing import Any

from videos.export_cells import mark_formulas
from videos.exports import Echo
from videos.search.citations import escape_markdown
from videos.templatetags.library import clock


@dataclass(frozen=True)
class MomentRow:
    """A moment in a file. `start` and `end` in seconds; `url` is the video at that second."""

    title: str
    channel: str
    youtube_id: str
    start: float
    end: float
    time: str
    text: str
    url: str


def moment_row(
    *, title: str, channel: str, youtube_id: str, start: float, end: float, text: str
) -> MomentRow:
    """Return the row of a moment, its text on one line."""
    return MomentRow(
        title=title or youtube_id,
        channel=channel,
        youtube_id=youtube_id,
        start=round(start, 3),
        end=round(end, 3),
        time=clock(start),
        text=" ".join(text.split()),
        url=f"https://youtu.be/{youtube_id}?t={int(start)}",
    )


def moments_as_csv(rows: Iterable[MomentRow], words: str) -> Iterator[str]:
    """The lines of a CSV file in UTF-8 that no spreadsheet runs formulas from."""
    writer: Any = csv.writer(Echo(), lineterminator="\r\n", quoting=csv.QUOTE_ALL)
    yield "\ufeff" + writer.writerow([field.name for field in fields(MomentRow)])
    for row in rows:
        yield writer.writerow([mark_formulas(str(cell)) for cell in asdict(row).values()])


def moments_as_markdown(rows: Iterable[MomentRow], words: str) -> Iterator[str]:
    """A heading for the search and each video, and a line for each moment with its link."""
    yield f"# {escape_markdown(words)}\n"
    shown = ""
    for row in rows:
        if row.youtube_id != shown:
            shown = row.youtube_id
            names = ", ".join(filter(None, (row.title, row.channel)))
            yield f"\n## {escape_markdown(names)}\n\n"
        yield f"- [{row.time}]({row.url}) {escape_markdown(row.text)}\n"


def moments_as_json(rows: Iterable[MomentRow], words: str) -> Iterator[str]:
    """One object with the words and the moments, a moment a line."""
    yield f'{{"query": {json.dumps(words, ensure_ascii=False)}, "moments": ['
    between = "\n"
    for row in rows:
        yield between + json.dumps(asdict(row), ensure_ascii=False)
        between = ",\n"
    yield "\n]}\n"


@dataclass(frozen=True)
class FileFormat:
    extension: str
    content_type: str
    write: Callable[[Iterable[MomentRow], str], Iterator[str]]


FILE_FORMATS = {
    "csv": FileFormat("csv", "text/csv; charset=utf-8", moments_as_csv),
    "markdown": FileFormat("md", "text/markdown; charset=utf-8", moments_as_markdown),
    "json": FileFormat("json", "application/json", moments_as_json),
}
