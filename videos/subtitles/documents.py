"""Captions in JSON: YouTube's json3, this product's own, Whisper's of every kind, and lists of
lines with their times.
"""

import json
from collections.abc import Iterator
from typing import Any

from videos.cues import Cue, CuesError, read_json3, tidy

_LISTS = ("cues", "segments", "transcription", "transcript", "captions", "subtitles", "snippets")
_START = ("start", "from", "begin", "startTime", "start_time")
_END = ("end", "to", "endTime", "end_time")
_DURATION = ("duration", "dur")
_TEXT = ("text", "content", "utf8")


def read_json(text: str) -> list[Cue]:
    """Read a JSON document with captions. Raises CuesError where it holds none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CuesError("not JSON") from error
    if isinstance(document, dict) and isinstance(document.get("events"), list):
        return read_json3(text)
    rows = _rows(document)
    if rows is None:
        raise CuesError("no captions in JSON")
    return tidy(_cues(rows))


def _rows(document: Any) -> list[Any] | None:
    if isinstance(document, list):
        return document
    if isinstance(document, dict):
        for name in _LISTS:
            if isinstance(document.get(name), list):
                rows: list[Any] = document[name]
                return rows
    return None


def _cues(rows: list[Any]) -> Iterator[Cue]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        text = next((row[name] for name in _TEXT if isinstance(row.get(name), str)), "")
        if isinstance(row.get("offsets"), dict):  # whisper.cpp: milliseconds
            start, end = _number(row["offsets"], ("from",)), _number(row["offsets"], ("to",))
            scale = 1000.0
        else:
            start, end = _number(row, _START), _number(row, _END)
            scale = 1.0
        if isinstance(row.get("timestamp"), list) and len(row["timestamp"]) == 2:
            start, end = (_number({"x": value}, ("x",)) for value in row["timestamp"])
        if start is None:
            continue
        if end is None:
            end = start + (_number(row, _DURATION) or 0.0)
        yield Cue(start / scale, end / scale, text)


def _number(row: dict[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        value = row.get(name)
        if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9:
            return float(value)
        if isinstance(value, str) and len(value) < 20:
            try:
                return float(value)
            except ValueError:
                continue
    return None
