"""Archives: Google Takeout as it is downloaded, what apps export (NewPipe, Grayjay, FreeTube), and
files that somebody packed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from re import compile as pattern

from importer.intake.files import fields
from importer.intake.files.archives import BROKEN, Member, holds_tar, is_zip, members
from importer.intake.files.formats import reader_of
from importer.intake.files.plain import addresses_only
from importer.intake.files.reading import (
    FileLine,
    FileProblem,
    FileRefused,
    Given,
    Heading,
    Kind,
)
from importer.intake.files.tables import playlist_names
from importer.parsing import ChannelAddress, VideoAddress, parse_address

_TABLES = frozenset({".csv", ".tsv"})
_TEXTS = frozenset({".txt", ".md"})
_OF_TAKEOUTS = _TABLES | {".json", ".html"}
_READABLE = _OF_TAKEOUTS | _TEXTS | {
    ".jsonl", ".ndjson", ".htm", ".xml", ".opml", ".plist", ".db", ".sqlite", ".url", ".webloc",
}  # fmt: skip
_FOLDER_OF_STORES = "stores"  # where Grayjay keeps files without a suffix
_TAKEOUT = "takeout"
_UNLIKE_IN_NAMES = pattern(r"[\W_]+")  # a title's signs that no file name can hold come out as "_"

Found = tuple[Heading, FileLine]


@dataclass
class _Contents:
    """What was read so far. Lines wait until the names of all playlists are known."""

    lines: list[tuple[PurePosixPath, Heading, FileLine]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    is_takeout: bool = False


class Archive:
    name = "takeout"

    def recognises(self, given: Given) -> bool:
        return is_zip(given.head) or holds_tar(given)

    def read(self, given: Given) -> Iterator[Found]:
        """Yield the lists in it, whatever language their names are in.

        Of a Takeout only playlists, subscriptions and the history count; everything else in it is
        left alone.
        """
        contents = _Contents()
        try:
            for member in members(given, _is_readable):
                _read_member(member, contents)
                given.budget.keep(len(contents.lines))
        except BROKEN as error:
            raise FileRefused(FileProblem.DAMAGED) from error
        for path, heading, line in contents.lines:
            belongs = _heading(path, heading, line, contents)
            if belongs:
                yield belongs, line


def _is_readable(path: PurePosixPath) -> bool:
    if path.name.startswith("._") or "__MACOSX" in path.parts:
        return False
    suffix = path.suffix.lower()
    return suffix in _READABLE or (not suffix and path.parent.name == _FOLDER_OF_STORES)


def _read_member(member: Member, contents: _Contents) -> None:
    path, given = member.path, member.given
    suffix = path.suffix.lower()
    contents.is_takeout |= path.parts[0].casefold() == _TAKEOUT
    if suffix in _TABLES and "-" not in path.name and given.stream.seekable():
        for name in playlist_names(given):
            contents.names[_folded(name)] = name
        given.stream.seek(0)
    lines = list(_readable_lines(given, suffix))
    if suffix in _TABLES:
        contents.is_takeout |= _is_of_takeout(path, lines)
    elif _are_channels(lines):
        subscriptions = Heading(fields.title(path.stem), Kind.SUBSCRIPTIONS)
        lines = [(subscriptions, line) for _, line in lines]
    for heading, line in lines:
        contents.lines.append((path, heading, line))


def _readable_lines(given: Given, suffix: str) -> Iterator[Found]:
    """Yield the lines of a file in the archive; one that is damaged costs the others nothing."""
    try:
        if suffix in _TEXTS:
            yield from addresses_only(given)
        else:
            yield from reader_of(given).read(given)
    except FileRefused as refused:
        ordinary = (FileProblem.DAMAGED, FileProblem.NOTHING_FOUND, FileProblem.UNKNOWN_FORMAT)
        if refused.problem not in ordinary:
            raise


def _is_of_takeout(path: PurePosixPath, lines: Iterable[Found]) -> bool:
    """Return whether a table has the shape of a Takeout's, told by its first line."""
    for heading, _ in lines:
        if heading.kind == Kind.SUBSCRIPTIONS:
            return True
        return heading.kind == Kind.PLAYLIST and fields.title(path.stem).startswith(heading.name)
    return False


def _are_channels(lines: list[Found]) -> bool:
    for _, line in lines:
        if not isinstance(parse_address(line.text), ChannelAddress):
            return False
    return bool(lines)


def _heading(
    path: PurePosixPath, heading: Heading, line: FileLine, contents: _Contents
) -> Heading | None:
    """Return where a line belongs; None for one of the many other things in a Takeout.

    Of a Takeout's history or a list in JSON, videos alone count.
    """
    suffix = path.suffix.lower()
    if suffix in _TABLES and heading.kind != Kind.LINES:
        name = contents.names.get(_folded(heading.name), heading.name)
        return replace(heading, name=name)
    if not contents.is_takeout or heading.kind == Kind.SUBSCRIPTIONS:
        return heading
    if suffix not in _OF_TAKEOUTS - _TABLES:
        return None
    if not isinstance(parse_address(line.text), VideoAddress):
        return None
    return _history_or_list(path, heading)


def _history_or_list(path: PurePosixPath, heading: Heading) -> Heading:
    name = fields.title(path.stem)
    if heading.kind == Kind.HISTORY or path.suffix.lower() == ".html":
        return Heading(name, Kind.HISTORY)
    return Heading(name, Kind.PLAYLIST)


def _folded(name: str) -> str:
    return _UNLIKE_IN_NAMES.sub("", name.casefold())
