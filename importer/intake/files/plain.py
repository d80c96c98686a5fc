"""Plain text: every line is what somebody would paste."""

from collections.abc import Iterator

from importer.intake.files.reading import UNNAMED, FileLine, Given, Heading
from importer.intake.files.streams import is_text, text_lines


class PlainText:
    name = "txt"

    def recognises(self, given: Given) -> bool:
        return is_text(given.head)

    def read(self, given: Given) -> Iterator[tuple[Heading, FileLine]]:
        for line in text_lines(given):
            yield UNNAMED, FileLine(line.number, line.text, cut=line.cut)
