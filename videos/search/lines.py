"""A text, to look for patterns in its folded form, and where the characters of the one are in the
other.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from functools import cached_property
from itertools import accumulate, chain, repeat

from videos.search.folding import Moved, folded_with_moved


class Lines:
    """A text, to look for patterns in its folded form: folding keeps the lines.

    Looking for a pattern in the whole text, and closely at the few pieces that have it, is many
    times as quick as walking over all words.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.folded, self.moved = folded_with_moved(text)

    @cached_property
    def lines(self) -> list[str]:
        return self.text.split("\n")

    @cached_property
    def in_one_line(self) -> str:
        """The text with a blank behind every piece."""
        return self.text.replace("\n", " ") + " "

    @cached_property
    def starts(self) -> list[int]:
        """The character at which each line begins."""
        return [0, *accumulate(len(line) + 1 for line in self.lines)]

    @cached_property
    def lines_with_moved(self) -> set[int]:
        """The numbers of the lines in which folding moved characters."""
        places = chain.from_iterable(_places_of(character, self.text) for character in self.moved)
        return {bisect_right(self.starts, place) - 1 for place in places}

    @cached_property
    def shifts(self) -> Shifts:
        return Shifts(self.text, self.moved)

    def chunks_like(
        self, pattern: re.Pattern[str], start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, str]]:
        """The pieces between blanks in which the pattern begins, with their places in the text. It
        begins with no blank. From one place of the text to another; of pieces that lie over one of
        these it answers some.

        Of a line of which nobody knows where folding moved its characters, all pieces.
        """
        end = len(self.text) if stop is None else stop
        if None in self.moved.values():
            for begin, chunk in self._chunks_like_by_line(pattern):
                if start <= begin < end:
                    yield begin, chunk
            return
        yield from self._chunks_like_by_shifts(pattern, start, end)

    def _chunks_like_by_shifts(
        self, pattern: re.Pattern[str], start: int, stop: int
    ) -> Iterator[tuple[int, str]]:
        """The same where every place in the folded text is known."""
        text = self.in_one_line
        place = start
        while True:
            match = pattern.search(self.folded, self._folded_place(place))
            if match is None:
                return
            at = match.start()
            if self.moved:
                at = self.shifts.unfolded(at)
            if at >= stop:
                return
            begin = text.rfind(" ", 0, at) + 1
            place = text.find(" ", at)
            yield begin, text[begin:place]

    def _folded_place(self, place: int) -> int:
        if self.moved:
            return self.shifts.folded(place)
        return place

    def _chunks_like_by_line(self, pattern: re.Pattern[str]) -> Iterator[tuple[int, str]]:
        """The same where places in a folded line may be others."""
        number = 0
        place = 0
        match = pattern.search(self.folded)
        while match is not None:
            begin = match.start()
            number += self.folded.count("\n", place, begin)
            if number in self.lines_with_moved:
                yield from self.chunks_of(number)
                place = self.folded.find("\n", begin)
                if place == -1:
                    return
            else:
                line = self.folded.rfind("\n", 0, begin) + 1
                at = self.starts[number] + begin - line
                start = self.in_one_line.rfind(" ", 0, at) + 1
                end = self.in_one_line.find(" ", at)
                yield start, self.in_one_line[start:end]
                place = begin + end - at
            match = pattern.search(self.folded, place)

    def chunks_of(self, number: int) -> list[tuple[int, str]]:
        """The pieces of a line between blanks, with their places in the text."""
        line = self.lines[number]
        start = self.starts[number]
        pieces: list[tuple[int, str]] = []
        place = 0
        for chunk in line.split():
            place = line.find(chunk, place)
            pieces.append((start + place, chunk))
            place += len(chunk)
        return pieces


class Shifts:
    """Where the characters of a text are in its folded form. `moved` has the length of each."""

    def __init__(self, text: str, moved: Moved) -> None:
        found: list[tuple[int, int]] = []
        for character, length in moved.items():
            found += zip(_places_of(character, text), repeat(length or 0))
        self.places: list[int] = []  # of the moved characters in the text
        self.folded_places: list[int] = []
        self.after: list[int] = []  # how far what follows is moved
        shift = 0
        for place, length in sorted(found):
            self.places.append(place)
            self.folded_places.append(place + shift)
            shift += length - 1
            self.after.append(shift)

    def unfolded(self, folded_place: int) -> int:
        """The place in the text of a character in the folded form."""
        number = bisect_right(self.folded_places, folded_place) - 1
        if number < 0:
            return folded_place
        return max(self.places[number], folded_place - self.after[number])

    def folded(self, place: int) -> int:
        """The place in the folded form at which what a character became begins."""
        number = bisect_left(self.places, place) - 1
        if number < 0:
            return place
        return place + self.after[number]


def _places_of(character: str, text: str) -> Iterator[int]:
    place = text.find(character)
    while place != -1:
        yield place
        place = text.find(character, place + 1)
