"""The columns and cells of an exported list, as they are written and read again.

Needs neither database nor settings: files are read in a process that has none.
"""

import csv
import re
from collections.abc import Iterable

COLUMNS = (
    "youtube_id",
    "url",
    "title",
    "channel",
    "duration",
    "published",
    "captions",
    "stage",
    "added",
    "note",
    "tags",
)
JSON_FORMAT = "sammelwerk-list"

# Where a spreadsheet would see a formula begin: at the start of a cell, and, where it separates
# cells by semicolons (as in German) or tabs
# and so overlooks our quotes, after one of these or at the start of a line.
_FORMULA = r"(?=[ ']*[=+\-@＝＋－＠])"
_BEFORE_FORMULA = re.compile(rf"(?:\A|(?<=[;\t\n\r])){_FORMULA}")
_MARKED_FORMULA = re.compile(rf"(?:\A|(?<=[;\t\n\r]))'{_FORMULA}")


def mark_formulas(text: str) -> str:
    """An apostrophe before everything a spreadsheet might run, however many there are already:
    `unmark_formulas` takes it away again.
    """
    return _BEFORE_FORMULA.sub("'", text)


def unmark_formulas(text: str) -> str:
    return _MARKED_FORMULA.sub("", text)


def tags_to_text(tags: Iterable[str]) -> str:
    """`a, b`; a name with a comma or a quote in it is quoted as in CSV."""
    return ", ".join(map(_quoted, tags))


def _quoted(tag: str) -> str:
    if not re.search(r'[,"]', tag):
        return tag
    doubled = tag.replace('"', '""')
    return f'"{doubled}"'


def tags_from_text(text: str) -> list[str]:
    return next(csv.reader([text], skipinitialspace=True), [])
