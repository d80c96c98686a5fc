"""JSON of any kind: what is known by its names, and anything else by what looks like an address.

A document is read as a stream: an object in a list becomes lines as soon as it ends, so that a file
of fifty megabytes costs little more than the lines it holds. Everything read counts against the
budget.
"""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import PurePath
from typing import Any

import ijson

from importer.intake.files import fields
from importer.intake.files.json_names import JsonObject
from importer.intake.files.json_objects import (
    Draft,
    address_in_text,
    drafts_among,
    lines_of_list,
    lines_of_object,
)
from importer.intake.files.plain import addresses_only
from importer.intake.files.reading import (
    UNNAMED,
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
    Kind,
)
from importer.intake.files.streams import HEAD_SIZE, head_text, open_text
from importer.parsing import parse_address

_BEGINS = re.compile(
    r'\{\s*"|\[(?:\s*\[)*\s*(?:"|\{\s*")'
)  # not the "[1]" or "[title](address)" of a text
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
_PAIR = r"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(rf"\\(?:{_PAIR}|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{{2}})|[^u]|u)")
_UNFINISHED = re.compile(
    r"(?<!\\)(?:\\\\)*"
    r"(\\(?:u[0-9a-fA-F]{0,3}|u[dD][89abAB][0-9a-fA-F]{2}(?:\\(?:u[0-9a-fA-F]{0,3})?)?)?)\Z"
)
_LONGEST_ESCAPE = 11  # characters of a pair without its last one
_MOST_BACKSLASHES = 1_000  # in a row before an escape, of which each second one is a backslash
_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson", ".db"})
_DEEPEST = 60  # objects in objects; what is deeper is passed over
_MOST_KEYS = 300  # of one object
_LONGEST_TEXT = 20_000  # characters of one value

Found = Iterator[tuple[Heading, FileLine]]


class JsonExport:
    name = "json"

    def recognises(self, given: Given) -> bool:
        head = head_text(given).lstrip("\ufeff \t\r\n")
        return _BEGINS.match(head) is not None or (
            head[:1] in ("{", "[") and PurePath(given.name.lower()).suffix in _SUFFIXES
        )

    def read(self, given: Given) -> Found:
        """Yield the lines of each list in it. Where nothing is found, it is read as text."""
        found = settled(_drafts(given), PurePath(given.name).stem)
        for number, (heading, line) in enumerate(found, 1):
            yield heading, replace(line, number=number)
        if not found:
            yield from addresses_only(given)


def settled(drafts: list[Draft], file_name: str) -> list[tuple[Heading, FileLine]]:
    """Give every line its heading.

    Subscriptions that are all there is in a file are what somebody wants of it.
    """
    has_others = not all(map(_is_subscription, drafts))
    kept = []
    for draft in drafts:
        heading = draft.heading or UNNAMED
        if _is_subscription(draft):
            name = heading.name or fields.title(file_name)
            heading = Heading(name, Kind.SUBSCRIPTIONS) if has_others else UNNAMED
        kept.append((heading, draft.line))
    return kept


def _is_subscription(draft: Draft) -> bool:
    return draft.heading is not None and draft.heading.kind == Kind.SUBSCRIPTIONS


def drafts_of_document(document: Any, given: Given) -> list[Draft]:
    """Return the lines of a document that is in memory already (of a property list)."""
    return _lines_of_document(_of_value(document, given, _DEEPEST))


def _drafts(given: Given) -> list[Draft]:
    builder = _Builder(given)
    try:
        for event, value in ijson.basic_parse(_Utf8(given), multiple_values=True, use_float=True):
            builder.take(event, value)
    except (ijson.JSONError, UnicodeDecodeError):
        return _of_broken(given, builder)
    return builder.drafts


def _of_broken(given: Given, builder: "_Builder") -> list[Draft]:
    """Return what can be had of a file that is no JSON, or only up to a place.

    JSON Lines, else what came before that place, and what looks like an address behind it.

    Raises FileRefused where that is nothing.
    """
    if given.stream.seekable():  # not so where it is large and in an archive
        given.stream.seek(0)
        of_lines = _of_separate_lines(given)
        if of_lines:
            return of_lines
    drafts = builder.finished()
    known = {parse_address(draft.line.text) for draft in drafts}
    for _, line in addresses_only(given):
        if parse_address(line.text) not in known:
            drafts.append(Draft(None, line))
    if not drafts:
        raise FileRefused(FileProblem.DAMAGED)
    return drafts


def _of_separate_lines(given: Given) -> list[Draft]:
    """Return what the lines of JSON Lines hold, where a line that is no JSON stands for itself as
    text. Return nothing where no line is an object by itself.
    """
    drafts: list[Draft] = []
    understood = False
    text = open_text(given)
    while line := text.readline(given.limits.line_length):
        given.budget.look(1 + len(line) // 200)
        document = _of_one_line(line)
        understood = understood or isinstance(document, dict)
        if isinstance(document, str) and document:
            drafts.append(Draft(None, FileLine(0, document)))
        elif document:
            drafts.extend(_lines_of_document(_of_value(document, given, _DEEPEST)))
    return drafts if understood else []


def _of_one_line(line: str) -> Any:
    """Return the value on a line, without the comma behind it; its text where it is no JSON, ""
    where that is nothing but brackets.
    """
    text = line.strip("\ufeff \t\r\n,")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text if text.strip("[]{}, ") else ""


class _Utf8:
    """The file for ijson, which reads bytes in UTF-8.

    Half of a pair of surrogates, as it is left by programs that cut a text within an emoji, becomes
    U+FFFD: ijson would give up the whole file for it.
    """

    def __init__(self, given: Given) -> None:
        self._text = open_text(given)
        self._given = given
        self._is_first = True
        self._held = ""  # an escape whose end is not read yet

    def read(self, size: int = HEAD_SIZE) -> bytes:
        if not size:
            return b""
        self._given.budget.look(0)
        more = self._text.read(min(size, HEAD_SIZE))
        text = self._held + more
        self._held = ""
        if self._is_first:
            text = text.lstrip("\ufeff")
            self._is_first = False
        if more and "\\" in text[-_LONGEST_ESCAPE:]:
            begin = _begin_of_escape(text)
            text, self._held = text[:begin], text[begin:]
            if not text:
                return self.read(size)
        if _SURROGATE.search(text):
            text = _ESCAPE.sub(_whole_or_replaced, text)
        return text.encode("utf-8", "replace")


def _begin_of_escape(text: str) -> int:
    """Return where the escape begins that may go on behind the end of this text."""
    last = _UNFINISHED.search(text, max(0, len(text) - _MOST_BACKSLASHES))
    return last.start(1) if last else len(text)


def _whole_or_replaced(escape: re.Match[str]) -> str:
    if escape["half"]:
        return "\\ufffd"
    return escape[0]


@dataclass
class _Open:
    """An object or a list that has begun: the name it stands under, and what of it was read so
    far.
    """

    name: str
    values: JsonObject | None = None  # of an object
    key: str = ""
    items: list[Any] = field(default_factory=list)  # of a list: texts and the lines of what ended


class _Builder:
    """Takes what a parser of JSON meets, and keeps the lines that come out of it."""

    def __init__(self, given: Given) -> None:
        self.drafts: list[Draft] = []
        self._given = given
        self._open: list[_Open] = []
        self._too_deep = 0

    def take(self, event: str, value: Any) -> None:
        self._given.budget.look()
        if event == "start_map":
            self._begin(values={})
        elif event == "start_array":
            self._begin(values=None)
        elif event in ("end_map", "end_array"):
            self._end()
        elif self._too_deep:
            return
        elif event == "map_key":
            self._open[-1].key = str(value)[:_LONGEST_TEXT]
        else:
            self._put(value[:_LONGEST_TEXT] if isinstance(value, str) else value)

    def finished(self) -> list[Draft]:
        """Return the lines of all that was read, with what is still open taken for ended."""
        self._too_deep = 0
        while self._open:
            self._end()
        return self.drafts

    def _begin(self, values: JsonObject | None) -> None:
        """Begin an object with these `values`, or a list without any."""
        if self._too_deep or len(self._open) >= _DEEPEST:
            self._too_deep += 1
            return
        name = ""
        if self._open:
            name = self._open[-1].key or self._open[-1].name
        self._open.append(_Open(name, values))

    def _end(self) -> None:
        if self._too_deep:
            self._too_deep -= 1
            return
        ended = self._open.pop()
        if ended.values is None:
            self._put(lines_of_list(ended.items, ended.name, is_alone=not self._open))
        else:
            self._put(ended.values)

    def _put(self, value: Any) -> None:
        """Put a value, a finished list, or an object that has ended, to where it belongs."""
        if not self._open:
            self.drafts.extend(_lines_of_document(value))
            self._given.budget.keep(len(self.drafts))
            return
        around = self._open[-1]
        if around.values is not None:
            if len(around.values) < _MOST_KEYS or around.key in around.values:
                around.values[around.key] = value
        elif isinstance(value, dict):
            around.items.append(lines_of_object(value, around.name))
        elif isinstance(value, str | list):
            around.items.append(value)
        self._given.budget.keep(len(around.items))


def _of_value(
    value: Any, given: Given, depth: int, name: str = "", *, is_alone: bool = True
) -> Any:
    """Return a value in memory as the builder would have it: lists as their lines, objects with
    such lists.
    """
    given.budget.look()
    if isinstance(value, dict | list) and not depth:
        return None
    if isinstance(value, dict):
        return _of_items(value, given, depth - 1)
    if isinstance(value, list):
        items = []
        for inner in value:
            item = _of_value(inner, given, depth - 1, name, is_alone=False)
            if isinstance(item, dict):
                item = lines_of_object(item, name)
            items.append(item)
        return lines_of_list(items, name, is_alone=is_alone)
    return value[:_LONGEST_TEXT] if isinstance(value, str) else value


def _of_items(item: JsonObject, given: Given, depth: int) -> JsonObject:
    values = {}
    for key, inner in islice(item.items(), _MOST_KEYS):
        name = str(key)
        values[name] = _of_value(inner, given, depth, name, is_alone=False)
    return values


def _lines_of_document(value: Any) -> list[Draft]:
    if isinstance(value, dict):
        return lines_of_object(value, "").drafts
    if isinstance(value, list):
        return list(drafts_among(value))
    return address_in_text(value) if isinstance(value, str) else []
