"""What a browser leaves on the desktop when a link is dragged there: .webloc (macOS, XML or
binary), .url (Windows), .desktop (Linux).
"""

import html
import re
from collections.abc import Iterator
from pathlib import PurePath

from importer.intake.files import fields
from importer.intake.files.reading import UNNAMED, FileLine, Given, Heading

_INI = re.compile(rb"\s*\[(?:InternetShortcut|Desktop Entry)\]", re.IGNORECASE)
_INI_URL = re.compile(rb"^URL\s*=\s*([^\r\n]+)", re.IGNORECASE | re.MULTILINE)
_BINARY_LIST = b"bplist00"
_OF_BOOKMARKS = b"URLString"  # in a property list of bookmarks
_LONGEST_LIST = 8_192  # bytes; a longer property list is no single link
_XML_URL = re.compile(rb"<string>([^<]+)")
# Strings of a binary property list end at a byte that is no ASCII.
_BINARY_URL = re.compile(rb"https?://[\x21-\x7e]+")


class Shortcut:
    name = "shortcut"

    def recognises(self, given: Given) -> bool:
        head = given.head.removeprefix(b"\xef\xbb\xbf")
        return _INI.match(head) is not None or _is_webloc(head)

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        address = _address(given.head)
        if address is not None:
            title = fields.title(PurePath(given.name).stem)
            yield UNNAMED, FileLine(1, address[: given.limits.line_length], title=title)


def _address(head: bytes) -> str | None:
    match = _pattern(head).search(head)
    if not match:
        return None
    return html.unescape(match[match.lastindex or 0].decode("utf-8", "replace"))


def _is_webloc(head: bytes) -> bool:
    is_list = head.startswith(_BINARY_LIST) or b"<plist" in head[:1024]
    is_short = len(head) < _LONGEST_LIST
    return is_list and is_short and b"URL" in head and _OF_BOOKMARKS not in head


def _pattern(head: bytes) -> re.Pattern[bytes]:
    if head.startswith(_BINARY_LIST):
        return _BINARY_URL
    return _XML_URL if b"<plist" in head else _INI_URL
