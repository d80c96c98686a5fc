"""What a value in a line may be.

Each reader answers the value as it is kept, and raises ValueError for one that cannot be.
"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from importer.parsing.ids import VIDEO_ID
from importer.webhooks.posting import parse_target
from videos.cues import MAX_SECONDS
from videos.preferences import CODE
from videos.text import UNSTORABLE

Record = dict[str, Any]
Read = Callable[[Any], Any]
SECRET = re.compile(r"[!-~]{20,64}")  # ours have 43 characters


def text(longest: int | None = None) -> Read:
    """Take out what no database holds, or what disturbs what is shown around it; nothing else."""

    def read(value: Any) -> str:
        if not isinstance(value, str) or (longest is not None and len(value) > longest):
            raise ValueError
        return UNSTORABLE.sub("", value)

    return read


def number(low: int, high: int) -> Read:
    def read(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return read


def seconds(value: Any) -> float:
    if (
        isinstance(value, bool)
        or not isinstance(value, int | float)
        or not 0 <= value <= 10 * MAX_SECONDS
    ):
        raise ValueError
    return value


def one_of(choices: Any) -> Read:
    """Of texts or of whole numbers."""
    allowed = frozenset(choices)

    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, str | int) or value not in allowed:
            raise ValueError
        return value

    return read


def or_none(inner: Read) -> Read:
    return lambda value: None if value is None else inner(value)


def many(inner: Read, most: int) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) > most:
            raise ValueError
        return list(map(inner, value))

    return read


def row(*columns: Read) -> Read:
    def read(value: Any) -> list[Any]:
        if not isinstance(value, list) or len(value) != len(columns):
            raise ValueError
        return [column(item) for column, item in zip(columns, value, strict=True)]

    return read


def fields(**columns: Read) -> Read:
    def read(value: Any) -> Record:
        if not isinstance(value, dict) or value.keys() != columns.keys():
            raise ValueError
        return {name: column(value[name]) for name, column in columns.items()}

    return read


def boolean(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def moment(value: Any) -> datetime:
    found = datetime.fromisoformat(text(40)(value))
    if found.tzinfo is None or not 1900 <= found.year <= 2200:
        raise ValueError
    return found.astimezone(UTC)


def day(value: Any) -> date:
    return date.fromisoformat(text(10)(value))


def video_id(value: Any) -> str:
    if not VIDEO_ID.fullmatch(text(11)(value)):
        raise ValueError
    return str(value)


def language(value: Any) -> str:
    if not CODE.fullmatch(text(50)(value)):
        raise ValueError
    return str(value)


def webhook_address(value: Any) -> str:
    """Where its name leads to is judged each time before anything is sent."""
    parse_target(text()(value))
    return str(value)


def secret(value: Any) -> str:
    if not SECRET.fullmatch(text(64)(value)):
        raise ValueError
    return str(value)
