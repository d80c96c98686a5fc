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
_XML_URL = re.compile(rb"<string>([^<]+)")
_BINARY_URL = re.compile(
    rb"https?://[\x21-\x7e]+"
)  # strings of a binary property list end at a byte that is no ASCII


class Shortcut:
    name = "shortcut"

    def recognises(self, given: Given) -> bool:
        head = given.head.removeprefix(b"\xef\xbb\xbf")
        return (
            head.startswith(b"bplist00") or b"<plist" in head[:1024] or _INI.match(head) is not None
        )

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        pattern = (
            _BINARY_URL
            if given.head.startswith(b"bplist00")
            else _XML_URL
            if b"<plist" in given.head
            else _INI_URL
        )
        match = pattern.search(given.head)
        if match:
            address = html.unescape(match[match.lastindex or 0].decode("utf-8", "replace"))
            yield (
                UNNAMED,
                FileLine(
                    1,
                    address[: given.limits.line_length],
                    title=fields.title(PurePath(given.name).stem),
                ),
            )
