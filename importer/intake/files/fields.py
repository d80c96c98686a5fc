"""What a file knows about a line besides its address, made fit to be kept."""

import re
from datetime import UTC, datetime

from importer.parsing.cleaning import clean

MAX_TITLE = 300
MAX_NOTE = 2_000
MAX_TAGS = 20
MAX_TAG = 50

_EPOCH = re.compile(r"\d{9,10}(?:\.\d+)?|\d{12,13}|\d{15,16}", re.ASCII)
_ISO = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?", re.ASCII)
_SINCE_1601 = re.compile(r"1[23]\d{15}", re.ASCII)  # microseconds, as Chrome counts
_BETWEEN_TAGS = re.compile(r"[,;|]")


def title(text: object) -> str:
    return one_line(text, MAX_TITLE)


def note(text: object) -> str:
    return clean(text).strip()[:MAX_NOTE] if isinstance(text, str) else ""


def one_line(text: object, longest: int) -> str:
    return " ".join(clean(text[: longest * 2]).split())[:longest] if isinstance(text, str) else ""


def tags(given: object) -> tuple[str, ...]:
    """From "a, b; c" or "#a #b", or from a list of names or of objects with a name.

    Each once, in order.
    """
    if isinstance(given, str):
        given = _names_in(given)
    if not isinstance(given, list):
        return ()
    kept = dict.fromkeys(map(_tag, given[: MAX_TAGS * 2]))
    kept.pop("", None)
    return tuple(kept)[:MAX_TAGS]


def _tag(given: object) -> str:
    name = given
    if isinstance(given, dict):
        name = given.get("name")
    return one_line(name, MAX_TAG).lstrip("#")


def _names_in(text: str) -> list[str]:
    if text.startswith('["'):
        return _written_out(text)
    if text.lstrip().startswith("#"):
        return text.split()
    return _BETWEEN_TAGS.split(text[:MAX_NOTE])


def _written_out(text: str) -> list[str]:
    """Return the names in `["a", "b"]`."""
    names = []
    for name in text.strip("[]").split('",'):
        names.append(name.strip('" '))
    return names


def _seconds_of_epoch(number: float) -> float:
    """Return seconds, of seconds, milliseconds or microseconds."""
    if number < 1e11:
        return number
    if number < 1e14:
        return number / 1e3
    return number / 1e6


def when(given: object) -> datetime | None:
    """Return a time with its zone, from ISO 8601 or from an epoch in seconds, milliseconds or
    microseconds; None for anything else.

    Without a zone it is UTC. Years before 1995 or after 2100 are no date at which anybody added a
    video.
    """
    text = str(given).strip().removesuffix(" UTC") if isinstance(given, str | int | float) else ""
    try:
        moment = _moment(text)
    except (ValueError, OverflowError, OSError):
        return None
    if moment is None or not 1995 <= moment.year <= 2100:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _moment(text: str) -> datetime | None:
    """Return the time in a text, with its zone or without; None when it has no such form."""
    if _SINCE_1601.fullmatch(text):
        return datetime.fromtimestamp(int(text) / 1e6 - 11_644_473_600, UTC)
    if _EPOCH.fullmatch(text):
        return datetime.fromtimestamp(_seconds_of_epoch(float(text)), UTC)
    if _ISO.fullmatch(text):
        return datetime.fromisoformat(text)
    return None
