"""JSON exports, one object per video: this product's, linkding's and Karakeep's, the watch history of a Takeout, yt-dlp's, FreeTube's.

They differ in names alone, so names are what is known here. Objects without an address are lists of such objects, with a name.
"""

import json
import re
from collections.abc import Iterator
from itertools import count
from pathlib import PurePath

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
from importer.parsing.ids import VIDEO_ID

_ADDRESS = ("url", "href", "link", "titleUrl", "webpage_url", "original_url")
_ID = ("youtube_id", "videoId", "video_id")
_INSIDE = (
    "content",
    "contentDetails",
    "video",
    "snippet",
    "resourceId",
)  # objects that hold the address for the one around them
_TITLE = ("title", "name")
_NOTE = ("note", "notes", "description", "comment")
_TAGS = ("tags", "tag_names", "labels")
_ADDED = ("added_at", "date_added", "createdAt", "created_at", "timeAdded", "time")
_LIST_NAME = ("name", "title", "playlistName")
_LISTS_OF_TEXT = ("videos", "entries", "items", "urls", "links")
_DEEPEST = 6  # lists in lists
_BEGINS = re.compile(r'\{\s*"|\[\s*(?:"|\{\s*")')  # not the "[1]" or "[title](address)" of a text
_SUFFIXES = frozenset({".json", ".jsonl", ".ndjson"})
_WATCHED = re.compile(
    r"\AWatched | angesehen\Z"
)  # the verb of a watch history's titles, in English and German

Found = Iterator[tuple[Heading, FileLine]]
JsonObject = dict[str, object]


class JsonExport:
    name = "json"

    def recognises(self, given: Given) -> bool:
        head = head_text(given).lstrip("\ufeff \t\r\n")
        return _BEGINS.match(head) is not None or (
            head[:1] in ("{", "[") and PurePath(given.name.lower()).suffix in _SUFFIXES
        )

    def read(self, given: Given) -> Found:
        numbers = count(1)
        for document in _documents(given):
            yield from _walk(document, UNNAMED, numbers, _DEEPEST)


def _documents(given: Given) -> Iterator[object]:
    """The file's one document; or, if it is JSON Lines, each line's, where a line that is none yields itself as text."""
    text = open_text(given).read(given.limits.json_size + 1)
    if len(text) > given.limits.json_size:
        raise FileRefused(FileProblem.TOO_LARGE)
    try:
        yield json.loads(text)
        return
    except (ValueError, RecursionError):
        lines = text.split("\n", given.limits.lines + 1)
    documents = [_document(line) for line in lines if line.strip()]
    if not any(isinstance(document, dict) for document in documents):
        raise FileRefused(FileProblem.DAMAGED)
    yield documents


def _document(line: str) -> object:
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return line


def _walk(document: object, heading: Heading, numbers: "count[int]", depth: int) -> Found:
    """Every object with an address. Text in a list counts where the list's name says that it holds videos, or nothing is around it."""
    if isinstance(document, dict):
        yield from _walk_object(document, heading, numbers, depth)
    elif isinstance(document, list) and depth:
        holds_addresses = any(isinstance(item, dict) and _address(item) for item in document)
        for item in document:
            if isinstance(item, str):
                yield heading, FileLine(next(numbers), item)
            elif (
                holds_addresses
                and isinstance(item, dict)
                and not _address(item)
                and not _lists(item)
            ):
                yield (
                    heading,
                    FileLine(next(numbers), _first(item, _TITLE) or json.dumps(item)[:200]),
                )
            else:
                yield from _walk(item, heading, numbers, depth - 1)


def _walk_object(item: JsonObject, heading: Heading, numbers: "count[int]", depth: int) -> Found:
    address = _address(item)
    if address:
        is_history = "titleUrl" in item
        yield (
            Heading(heading.name, Kind.HISTORY) if is_history else heading,
            _line(next(numbers), address, item),
        )
    elif depth:
        name = fields.title(_first(item, _LIST_NAME))
        under = Heading(name, Kind.PLAYLIST) if name else heading
        for inner in _lists(item):
            yield from _walk(inner, under, numbers, depth - 1)


def _lists(item: JsonObject) -> list[list[object]]:
    return [
        value
        for key, value in item.items()
        if isinstance(value, list)
        and (key in _LISTS_OF_TEXT or any(isinstance(inner, dict) for inner in value))
    ]


def _line(number: int, address: str, item: JsonObject) -> FileLine:
    return FileLine(
        number,
        address,
        title=fields.title(_WATCHED.sub("", _first(item, _TITLE) or _first(_inside(item), _TITLE))),
        note=fields.note(_first(item, _NOTE)),
        tags=fields.tags(next((item[name] for name in _TAGS if name in item), None)),
        added_at=fields.when(next((item[name] for name in _ADDED if name in item), None)),
    )


def _address(item: JsonObject) -> str:
    """An id is given as the full address, so that nobody takes it for a word. An address of yt-dlp's may be the bare id."""
    for holder in (item, _inside(item)):
        given = _first(holder, _ID) or _first(holder, _ADDRESS)
        if VIDEO_ID.fullmatch(given):
            return f"https://www.youtube.com/watch?v={given}"
        if given:
            return given
    return ""


def _inside(item: JsonObject, depth: int = 3) -> JsonObject:
    merged: JsonObject = {}
    for name in _INSIDE if depth else ():
        inner = item.get(name)
        if isinstance(inner, dict):
            merged = merged | inner | _inside(inner, depth - 1)
    return merged


def _first(item: JsonObject, names: tuple[str, ...]) -> str:
    return next(
        (value for name in names if isinstance(value := item.get(name), str) and value.strip()), ""
    )
