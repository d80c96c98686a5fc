"""Apple's property lists, XML or binary: Safari's bookmarks and reading list."""

import plistlib
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import Any
from xml.parsers.expat import ExpatError

from importer.intake.files import fields
from importer.intake.files.bookmarks import Xml
from importer.intake.files.json_exports import drafts_of_document, settled
from importer.intake.files.reading import (
    UNNAMED,
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
)

_BINARY = b"bplist00"
_LARGEST = 10_000_000  # bytes, read as a whole
# Strings of a binary list end at a byte that is no ASCII.
_URL_IN_BINARY = re.compile(rb"https?://[\x21-\x7e]+")
# What plistlib raises for a list that makes no sense, besides its own error.
_BROKEN = (
    plistlib.InvalidFileException,
    ExpatError,
    ValueError,
    TypeError,
    AttributeError,
    LookupError,
    OverflowError,
    RecursionError,
    MemoryError,
)

Found = Iterator[tuple[Heading, FileLine]]


class PropertyList:
    name = "property_list"

    def recognises(self, given: Given) -> bool:
        return given.head.startswith(_BINARY) or b"<plist" in given.head[:1024]

    def read(self, given: Given) -> Found:
        """Yield the lines of each list in it.

        Where it is damaged, or nothing is found, what looks like an address in it.
        """
        document = _document(given)
        if document is None:
            yield from _without_structure(given)
            return
        found = settled(drafts_of_document(document, given), PurePath(given.name).stem)
        for number, (heading, line) in enumerate(found, 1):
            yield heading, replace(line, number=number)
        if not found:
            yield from _without_structure(given)


def _document(given: Given) -> Any:
    """Return what it holds, None where it is damaged."""
    content = given.stream.read(_LARGEST + 1)
    if len(content) > _LARGEST:
        raise FileRefused(FileProblem.TOO_LARGE)
    try:
        return plistlib.loads(content)
    except _BROKEN:
        return None


def _without_structure(given: Given) -> Found:
    """Read a list that is damaged, or of which nothing came: all addresses of an XML one, the first
    of a binary one.
    """
    if given.head.startswith(_BINARY):
        yield from _first_in_binary(given)
    elif given.stream.seekable():
        given.stream.seek(0)
        yield from Xml().read(given)


def _first_in_binary(given: Given) -> Found:
    match = _URL_IN_BINARY.search(given.head)
    if match:
        title = fields.title(PurePath(given.name).stem)
        address = match[0].decode("ascii")[: given.limits.line_length]
        yield UNNAMED, FileLine(1, address, title=title)
