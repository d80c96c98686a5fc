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
        return _first_list(document)
    return None


def _first_list(document: dict[str, Any]) -> list[Any] | None:
    for name in _LISTS:
        if isinstance(document.get(name), list):
            rows: list[Any] = document[name]
            return rows
    return None


def _cues(rows: list[Any]) -> Iterator[Cue]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        start, end = _times(row)
        if start is None:
            continue
        if end is None:
            end = start + (_first_number(row, _DURATION) or 0.0)
        yield Cue(start, end, _text(row))


def _text(row: dict[str, Any]) -> str:
    for name in _TEXT:
        if isinstance(row.get(name), str):
            return str(row[name])
    return ""


def _times(row: dict[str, Any]) -> tuple[float | None, float | None]:
    """Return start and end in seconds; None for what the row does not say."""
    pair = row.get("timestamp")
    if isinstance(pair, list) and len(pair) == 2:
        return _number(pair[0]), _number(pair[1])
    offsets = row.get("offsets")
    if isinstance(offsets, dict):  # whisper.cpp: milliseconds
        return _of_milliseconds(offsets.get("from")), _of_milliseconds(offsets.get("to"))
    return _first_number(row, _START), _first_number(row, _END)


def _of_milliseconds(value: Any) -> float | None:
    number = _number(value)
    return None if number is None else number / 1000.0


def _first_number(row: dict[str, Any], names: tuple[str, ...]) -> float | None:
    for name in names:
        number = _number(row.get(name))
        if number is not None:
            return number
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e9:
        return float(value)
    if isinstance(value, str) and len(value) < 20:
        return _number_in(value)
    return None


def _number_in(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
