"""Read the files of one upload, one after the other. Neither database nor settings are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import BinaryIO

from importer.intake.files import (
    DEFAULT_LIMITS,
    Budget,
    FileProblem,
    FileRefused,
    Group,
    read_file,
)
from importer.parsing import has_usable

NamedFile = tuple[str, BinaryIO]


class UploadRefused(Exception):
    """One of the files cannot be read; nothing was imported."""

    def __init__(self, name: str, problem: FileProblem) -> None:
        super().__init__(f"{name}: {problem.value}")
        self.name = name
        self.problem = problem


@dataclass(frozen=True)
class ReadUpload:
    """A file as it was read.

    Its groups are known by keys that stay the same when the same files are given again in the same
    order.
    """

    name: str
    groups: dict[str, Group]

    def has_addresses(self) -> bool:
        """Return whether there is one among the lines that an import may have."""
        for group in self.groups.values():
            for line in group.lines:
                if has_usable(line.pieces or ()):
                    return True
        return False


def keyed(number: int, groups: Iterable[Group]) -> dict[str, Group]:
    """Return the groups of this file of an upload, by their keys."""
    by_key = {}
    for position, group in enumerate(groups, 1):
        by_key[f"{number}.{position}"] = group
    return by_key


Outcome = ReadUpload | UploadRefused


def read_batch(files: Iterable[NamedFile], room: int) -> Iterator[Outcome]:
    """Yield what became of each file, in their order. `room`: how many lines an import may have.

    All of them together may have as many lines, and take as long, as one.
    """
    left = max(DEFAULT_LIMITS.lines, room)
    budget = Budget(replace(DEFAULT_LIMITS, lines=left))
    for number, (name, stream) in enumerate(files, 1):
        try:
            limits = replace(DEFAULT_LIMITS, lines=left)
            groups = read_file(name, stream, limits, budget).groups
            for group in groups:
                judge_lines(group, budget, room)
        except FileRefused as refused:
            yield UploadRefused(name, refused.problem)
            continue
        for group in groups:
            left -= len(group.lines)
        yield ReadUpload(name, keyed(number, groups))


def judge_lines(group: Group, budget: Budget, room: int) -> None:
    """Look for the addresses on its lines, as many as one import may have (`room`).

    Raises FileRefused where the budget is used up.
    """
    for line in group.lines:
        if room <= 0:
            line.pieces = None  # over the limit, whatever it holds
            continue
        budget.look(1 + len(line.text) // 200)
        line.pieces = tuple(line.parsed())
        room -= len(line.pieces)
