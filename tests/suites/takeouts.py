"""NewPipeExtractor's files and literals of subscriptions."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from importer.intake.files import FileRefused, read_file
from importer.parsing import ChannelAddress

Case = tuple[str, bool, str]
_TESTS = "extractor/src/test"
_LITERALS = (
    f"{_TESTS}/java/org/schabi/newpipe/extractor/services/youtube/"
    "YoutubeSubscriptionExtractorTest.java"
)
_CHANNELS_IN_A_LITERAL = re.compile(r'"channelId":"(UC[\w-]{22})"')


def channels_in(name: str, content: bytes) -> list[str]:
    """Return the channels that come out of a file, none where it is refused."""
    try:
        groups = read_file(name, io.BytesIO(content)).groups
    except FileRefused:
        return []
    pieces = (piece for group in groups for line in group.lines for piece in line.parsed())
    return [piece.address.channel for piece in pieces if isinstance(piece.address, ChannelAddress)]


def takeout_files(checkout: Path) -> Iterator[Case]:
    """Its Takeouts: as many channels as their tables and JSON name."""
    for file in sorted((checkout / _TESTS / "resources").glob("youtube_takeout_import_test*")):
        content = file.read_bytes()
        found = channels_in(file.name, content)
        is_right = len(found) >= 1 and len(found) == len(set(found))
        if file.suffix in (".csv", ".json"):
            is_right = set(found) == _named_in(content.decode())
        yield f"takeout/{file.name}", is_right, f"{len(found)} channels"


def _named_in(text: str) -> set[str]:
    """Return the channels that the rows are about: the first in a row, that of a resource in
    JSON.
    """
    of_resources = re.findall(r'"resourceId"[^}]*"channelId"\s*:\s*"(UC[\w-]{22})"', text)
    return set(of_resources or re.findall(r"^(UC[\w-]{22}),", text, re.MULTILINE))


def subscription_literals(checkout: Path) -> Iterator[Case]:
    """Literals of its tests: each channel in them comes out, and nothing else."""
    source = (checkout / _LITERALS).read_text()
    for number, text in enumerate(_literals(source), 1):
        found = channels_in("subscriptions.json", text.encode("utf-8", "surrogatepass"))
        expected = _CHANNELS_IN_A_LITERAL.findall(text)
        yield f"subscriptions/{number} {text[:60]}", found == expected, str(found)


def _literals(source: str) -> Iterator[str]:
    """Yield each text that its tests give the extractor, joined where it goes over lines."""
    invalid = source.partition("invalidList = Arrays.asList(")[2].partition(");")[0]
    joined = re.sub(r'"\s*\+\s*"', "", source)
    valid = re.findall(r'String source = ("(?:[^"\\]|\\.)*");', joined)
    empty = re.findall(r'ByteArrayInputStream\(("(?:[^"\\]|\\.)*")\.getBytes', joined)
    for literal in (*empty, *valid, *re.findall(r'"(?:[^"\\]|\\.)*"', invalid)):
        plain = literal[1:-1].replace('\\"', '"')
        yield re.sub(r"\\u([0-9A-F]{4})", lambda match: chr(int(match[1], 16)), plain)
