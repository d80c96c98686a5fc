"""Read the files of one upload, one after the other. Neither database nor settings are needed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import BinaryIO

from importer.intake.files import (
    DEFAULT_LIMITS,
    Budget,
    FileProblem,
    FileRefused,
    Group,
    read_file,
)
from importer.parsing import Unusable

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
        lines = chain.from_iterable(group.lines for group in self.groups.values())
        pieces = chain.from_iterable(line.pieces or () for line in lines)
        return any(not isinstance(piece.address, Unusable) for piece in pieces)


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
        left -= sum(len(group.lines) for group in groups)
        keyed = {f"{number}.{position}": group for position, group in enumerate(groups, 1)}
        yield ReadUpload(name, keyed)


def judge_lines(group: Group, budget: Budget, room: int) -> None:
    """Look for the addresses on its lines, as many as one import may have (`room`); the others are
    over the limit, whatever they hold.

    Raises FileRefused where the budget is used up.
    """
    for line in group.lines:
        if room <= 0:
            line.pieces = None
            continue
        budget.look(1 + len(line.text) // 200)
        line.pieces = tuple(line.parsed())
        room -= len(line.pieces)
