"""SubStation (ASS, SSA): a table of dialogue lines, whose columns a line of the file names."""

import re
from collections.abc import Iterator

from videos.cues import Cue, CuesError, tidy_plain
from videos.subtitles.blocks import seconds

_COLUMNS = "layer,start,end,style,name,marginl,marginr,marginv,effect,text"
_TIME = re.compile(r"\s*-?(?:(\d{1,3}):)?(\d{1,2}):(\d{1,2})(?:[.,:](\d{1,3}))?\s*", re.ASCII)
_OVERRIDES = re.compile(r"\{[^{}]*\}")
_DRAWING = re.compile(r"\{[^{}]*\\p[1-9][^{}]*\}")
_BREAK = re.compile(r"\\[Nn]")


def read_substation(text: str) -> list[Cue]:
    """Read ASS or SSA. Raises CuesError when there is not one line of dialogue."""
    if "dialogue:" not in text.lower():
        raise CuesError("not SubStation")
    return tidy_plain(dict.fromkeys(_cues(text)))  # layers say the same at the same time


def _cues(text: str) -> Iterator[Cue]:
    columns = _COLUMNS.split(",")
    in_events = False
    for line in text.splitlines():
        kind, _, rest = line.partition(":")
        kind = kind.strip().lower()
        if kind.startswith("["):
            in_events = kind.startswith("[events")
        elif kind == "format" and in_events:
            columns = [name.strip().lower() for name in rest.split(",")]
        elif kind == "dialogue":
            cells = rest.split(",", len(columns) - 1)
            yield from _cue(dict(zip(columns, cells, strict=False)))


def _cue(row: dict[str, str]) -> Iterator[Cue]:
    """Yield the cue of a row; nothing where its times cannot be read, or it draws."""
    start = _TIME.fullmatch(row.get("start", ""))
    end = _TIME.fullmatch(row.get("end", ""))
    given = row.get("text", "")
    if start and end and not _DRAWING.search(given):
        text = _OVERRIDES.sub("", given).replace("\\h", " ")
        begin = 0.0 if row["start"].strip().startswith("-") else seconds(*start.groups())
        yield Cue(begin, seconds(*end.groups()), _BREAK.sub("\n", text))
