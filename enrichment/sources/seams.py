"""Parts of a transcript joined where they overlap: no word twice, none lost. Pure."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from videos.cues import Cue

SURE = 3  # words in a row that both parts must share to be taken for the same speech
NEARBY = 2.0  # seconds around the overlap: two hearings of a word differ in time


class Word(NamedTuple):
    """A word of a cue; `at` in seconds, spread evenly over the cue."""

    cue: int
    place: int
    at: float
    plain: str


def join(before: Sequence[Cue], after: Sequence[Cue], begins: float, ends: float) -> list[Cue]:
    """`before` and `after` as one, where both heard the time from `begins` to `ends` (seconds).

    They are joined in the middle of the longest run of words both heard, where each of them is most
    to be trusted; without such a run, in the middle of the time.
    """
    left = words_between(before, begins - NEARBY, ends + NEARBY)
    right = words_between(after, begins - NEARBY, ends + NEARBY)
    matcher = SequenceMatcher(None, _plain(left), _plain(right), autojunk=False)
    match = matcher.find_longest_match()
    if match.size >= min(SURE, len(left), len(right)) and match.size:
        stop, resume = left[match.a + match.size // 2], right[match.b + match.size // 2]
        kept = up_to(before, stop.cue, stop.place)
        rest = starting(after, resume.cue, resume.place)
        return _in_order(kept, rest)
    return _cut(before, after, (begins + ends) / 2)


def _plain(words: Sequence[Word]) -> list[str]:
    return [word.plain for word in words]


def _cut(before: Sequence[Cue], after: Sequence[Cue], middle: float) -> list[Cue]:
    joined = []
    for cue in before:
        if cue.start < middle:
            joined.append(cue)
    for cue in after:
        if cue.start >= middle:
            joined.append(cue)
    return joined


def _in_order(kept: Sequence[Cue], rest: Sequence[Cue]) -> list[Cue]:
    """Put `rest` behind `kept`; none of it begins or ends before the last of `kept` begins."""
    joined = list(kept)
    latest = 0.0
    if kept:
        latest = kept[-1].start
    for cue in rest:
        start = max(cue.start, latest)
        end = max(cue.end, latest)
        joined.append(cue._replace(start=start, end=end))
    return joined


def words_between(cues: Sequence[Cue], begins: float, ends: float) -> list[Word]:
    words = []
    for number, cue in enumerate(cues):
        if cue.end < begins or cue.start > ends:
            continue
        texts = cue.text.split()
        for place, text in enumerate(texts):
            at = _time_of(cue, place, len(texts))
            if begins <= at <= ends:
                words.append(Word(number, place, at, re.sub(r"\W", "", text).lower() or text))
    return words


def _time_of(cue: Cue, place: int, words: int) -> float:
    """When the word at this place of so many begins, in seconds."""
    return cue.start + (cue.end - cue.start) * place / words


def up_to(cues: Sequence[Cue], number: int, place: int) -> list[Cue]:
    """The cues before a word."""
    kept, cue = list(cues[:number]), cues[number]
    words = cue.text.split()
    if place:
        kept.append(Cue(cue.start, _time_of(cue, place, len(words)), " ".join(words[:place])))
    return kept


def starting(cues: Sequence[Cue], number: int, place: int) -> list[Cue]:
    """The cues from a word on."""
    cue = cues[number]
    words = cue.text.split()
    first = Cue(_time_of(cue, place, len(words)), cue.end, " ".join(words[place:]))
    return [first, *cues[number + 1 :]]
