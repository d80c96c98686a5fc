"""Plain text: every line is what somebody would paste."""

from collections.abc import Iterator

from importer.intake.files.reading import UNNAMED, FileLine, Given, Heading
from importer.intake.files.streams import is_text, text_lines
from importer.parsing import Unusable, parse_many


class PlainText:
    name = "txt"

    def recognises(self, given: Given) -> bool:
        return is_text(given.head)

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        for line in text_lines(given):
            yield UNNAMED, FileLine(line.number, line.text, cut=line.cut)


def addresses_only(given: Given) -> Iterator[tuple[Heading, FileLine]]:
    """Read a file of another format as text once more: the lines with something usable in them, and
    no others.

    What stands in an archive is read once.
    """
    if not given.stream.seekable():
        return
    given.stream.seek(0)
    for line in text_lines(given):
        if not line.cut and "youtu" in line.text.lower():
            for text in _addresses_in(line.text):
                yield UNNAMED, FileLine(line.number, text)


def _addresses_in(text: str) -> Iterator[str]:
    for piece in parse_many([text]):
        if not isinstance(piece.address, Unusable):
            yield piece.text
