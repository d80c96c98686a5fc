"""The page of a video, as a search leads to it: at a second, with the words marked in what is
said.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from videos.cues import Cue
from videos.search.asked import LONGEST_WORDS
from videos.search.marking import NumberedRange
from videos.search.moments import hits_in_cues
from videos.text import number_from, one_line


@dataclass(frozen=True)
class Arrival:
    """Where somebody arrives in a video. `seconds`: None for its beginning, without playing."""

    seconds: int | None
    words: str

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Arrival:
        """Read `t`, in seconds with or without an s, and the words `q`."""
        seconds = number_from(query.get("t", "").removesuffix("s"))
        return cls(seconds, one_line(query.get("q", ""), LONGEST_WORDS))


def hits_by_cue(words: str, cues: Sequence[Cue]) -> dict[int, list[NumberedRange]]:
    """The marks of each cue that has some, by the place of the cue.

    The hits are numbered from 0 through the text; one over the border of cues has a part in each.
    """
    marks: dict[int, list[NumberedRange]] = {}
    if not words:
        return marks
    for number, parts in enumerate(hits_in_cues(words, cues)):
        for place, start, end in parts:
            marks.setdefault(place, []).append((start, end, number))
    return marks
