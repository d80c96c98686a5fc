"""Dates as a Takeout's pages write them, in the language of the account."""

import re
from datetime import UTC, datetime, timedelta, timezone

# The beginnings of the months' names, by which every language below is told.
_MONTHS = (
    "jan ene gen янв oca sty led jaanuar",
    "feb fév fev фев şub lut úno únor",
    "mar mär mrt мар mrz bře maa mars",
    "apr avr abr кві апр nis kwi dub",
    "may mai maj mag mei мая май травня maj",
    "jun giu juin июн haz cze čer kesä",
    "jul lug juil июл tem lip čec",
    "aug ago aoû ağu sie srp авг",
    "sep set sept сен eyl wrz zář",
    "oct okt ott out окт eki paź říj",
    "nov lis ноя kas lis",
    "dec dez dic déc дек ara gru pro",
)
_NUMBER_OF: dict[str, int] = {}
for _number, _names in enumerate(_MONTHS, 1):
    _NUMBER_OF.update(dict.fromkeys(_names.split(), _number))
_WORD = re.compile(r"[^\W\d_]{3,}")
_TIME = re.compile(r"(\d{1,2}):(\d\d)(?::(\d\d))?")
_AFTERNOON = re.compile(r"\bp\.?\s?m\b|午後|下午|오후", re.IGNORECASE)
_MORNING = re.compile(r"\ba\.?\s?m\b|午前|上午|오전", re.IGNORECASE)
_OFFSET = re.compile(r"(?:GMT|UTC)([+-]\d{1,2})(?::?(\d\d))?")
_NUMBER = re.compile(r"\d{1,4}")
# Hours before Greenwich of the zones that these pages name by letters.
_ZONES = {
    "PST": -8, "PDT": -7, "MST": -7, "MDT": -6, "CST": -6, "CDT": -5, "EST": -5, "EDT": -4,
    "BRT": -3, "GMT": 0, "UTC": 0, "WET": 0, "BST": 1, "WEST": 1, "CET": 1, "MEZ": 1,
    "CEST": 2, "MESZ": 2, "EET": 2, "EEST": 3, "MSK": 3, "IST": 5.5, "JST": 9, "KST": 9,
    "AEST": 10, "AEDT": 11,
}  # fmt: skip


def when_in_words(text: str) -> datetime | None:
    """Return the moment; without a zone that is known it is UTC.

    None where day, month and year cannot be told.
    """
    text = text.replace("\u202f", " ").replace("\xa0", " ").strip()[:100]
    day = _day(_TIME.sub(" ", text, count=1))
    if not day:
        return None
    hour, minute, second = _clock(text)
    try:
        moment = datetime(*day, hour, minute, second, tzinfo=_zone(text))
    except ValueError:
        return None
    return moment.astimezone(UTC) if 1995 <= moment.year <= 2100 else None


def _clock(text: str) -> tuple[int, int, int]:
    """Return hour, minute and second, of 24 hours; zeros where the text has no time."""
    hour, minute, second = _time_in(text)
    if _AFTERNOON.search(text) and hour < 12:
        return hour + 12, minute, second
    if _MORNING.search(text) and hour == 12:
        return 0, minute, second
    return hour, minute, second


def _time_in(text: str) -> tuple[int, int, int]:
    time = _TIME.search(text)
    if not time:
        return 0, 0, 0
    hour, minute, second = map(int, time.groups(default="0"))
    return hour, minute, second


def _day(text: str) -> tuple[int, int, int] | None:
    """Return year, month and day: with the month's name, or in numbers beginning with the year or
    ending with it.
    """
    text = _OFFSET.sub("", text)
    numbers = list(map(int, _NUMBER.findall(text)[:3]))
    named = _month(text)
    if named and len(numbers) >= 2:
        day, year = sorted(numbers[:2])
        return (year, named, day) if year > 31 else None
    if len(numbers) < 3:
        return None
    return _year_month_day(*numbers)


def _year_month_day(first: int, second: int, third: int) -> tuple[int, int, int]:
    if first > 31:
        return first, second, third
    if third < 100:
        third += 2000
    return third, second, first  # the day first, as most of the world has it


def _month(text: str) -> int | None:
    for word in _WORD.findall(text.lower()):
        for length in (4, 3):
            if word[:length] in _NUMBER_OF:
                return _NUMBER_OF[word[:length]]
    return None


def _zone(text: str) -> timezone:
    offset = _OFFSET.search(text)
    if offset:
        return _before_greenwich(int(offset[1]), int(offset[2] or 0))
    for word in re.findall(r"\b[A-Z]{2,5}\b", text):
        if word in _ZONES:
            return timezone(timedelta(hours=_ZONES[word]))
    return UTC


def _before_greenwich(hours: int, minutes: int) -> timezone:
    if abs(hours) >= 15:
        return UTC
    if hours < 0:
        minutes = -minutes
    return timezone(timedelta(hours=hours, minutes=minutes))
