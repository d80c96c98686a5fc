"""Where in a video the words are said: hits in the cues, and the best places of them.

Worked out from the transcript itself, for the videos that are shown. About 3 ms for half an hour.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import NamedTuple

from videos.cues import Cue
from videos.search.language import Question, Term, parse
from videos.search.tokenizer import Token, cut, goes_on, join_cues, runs, tokens

Hit = list[tuple[int, int, int]]  # one hit: (cue, from, to) for each cue that it touches

WINDOW = 30.0  # seconds: words so close together are one moment
MOST_MOMENTS = 3
MOST_HITS = 2_000  # of one video; more make no better moment
MOMENT_LENGTH = 220  # characters of the text around a hit
LEAD_LENGTH = 80  # characters of the cue before


class Span(NamedTuple):
    """A hit in a text: characters from `start` to `end`, and the number of the term."""

    start: int
    end: int
    term: int


@dataclass(frozen=True)
class Moment:
    """A place in a video, with the words around it. `marks` are ranges in `text`."""

    start: float
    end: float
    text: str
    marks: list[list[int]]


# In a text ----------------------------------------------------------------------------------------


def spans_in(question: Question, text: str) -> list[Span]:
    """Where the terms of the question are in a text, in order.

    A term is looked for inside of other words only when it is nowhere by itself.
    """
    strict: list[list[Span]] = [[] for _ in question.terms]
    loose: list[list[Span]] = [[] for _ in question.terms]
    known: dict[str, list[RunHit]] = {}  # a text has few different runs of letters
    for found in runs().finditer(text):
        run = found.group()
        hits = known.get(run)
        if hits is None:
            hits = known[run] = _hits_in_run(question, run)
        for hit in hits:
            into = loose
            if hit.is_strict:
                into = strict
            begin = found.start()
            into[hit.term].append(Span(begin + hit.start, begin + hit.end, hit.term))
    spans: list[Span] = []
    for number, term in enumerate(question.terms):
        spans += strict[number] or loose[number]
        if term.phrases:
            spans += _phrase_spans(term, number, text)
    return _once_each(spans)[:MOST_HITS]


class RunHit(NamedTuple):
    """A term in a run of letters. `is_strict`: it is a word there or the beginning of one."""

    start: int
    end: int
    term: int
    is_strict: bool


def _hits_in_run(question: Question, run: str) -> list[RunHit]:
    hits = []
    for word, _position, start, end in cut(run):
        for number, term in enumerate(question.terms):
            if term.matches(word):
                hits.append(RunHit(start, end, number, True))
            elif term.matches_inside(word):
                hits.append(RunHit(start, end, number, False))
    return hits


def _once_each(spans: list[Span]) -> list[Span]:
    """In order; a word that several terms find counts once."""
    found: list[Span] = []
    for span in sorted(spans):
        if not found or (found[-1].start, found[-1].end) != (span.start, span.end):
            found.append(span)
    return found


def _phrase_spans(term: Term, number: int, text: str) -> Iterator[Span]:
    """Where one of the term's sequences of words begins and ends."""
    ordered = list(_in_order(tokens(text)))
    at: dict[str, list[int]] = {}
    for place, token in enumerate(ordered):
        at.setdefault(token.word, []).append(place)
    for phrase in term.phrases:
        for place in at.get(phrase[0], ()):
            following = ordered[place : place + len(phrase)]
            if tuple(token.word for token in following) == phrase:
                yield Span(following[0].start, following[-1].end, number)


def _in_order(found: Iterable[Token]) -> Iterator[Token]:
    """Without the joined forms of hyphenated words, which stand at the place of the first part."""
    position = -1
    for token in found:
        if token.position > position:
            position = token.position
            yield token


def marks_in(question: Question, text: str) -> list[list[int]]:
    """The ranges of the hits in a text, without overlaps."""
    marks: list[list[int]] = []
    for span in spans_in(question, text):
        if marks and span.start < marks[-1][1]:
            marks[-1][1] = max(marks[-1][1], span.end)
        else:
            marks.append([span.start, span.end])
    return marks


# In cues ------------------------------------------------------------------------------------------


class Spoken:
    """The text of all cues in one, so that a phrase may go from one cue to the next."""

    def __init__(self, cues: Sequence[Cue]) -> None:
        self.cues = cues
        texts = [cue.text for cue in cues]
        self.text = join_cues(texts)
        lengths = [
            len(text) + (not goes_on(text, following)) for text, following in pairwise(texts)
        ]
        self.starts = [0, *accumulate(lengths)][: len(cues)]

    def cue_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def hit(self, span: Span) -> Hit:
        """The parts of a span, by cue."""
        parts: Hit = []
        for number in range(
            self.cue_at(span.start), self.cue_at(max(span.start, span.end - 1)) + 1
        ):
            begin = self.starts[number]
            length = len(self.cues[number].text)
            start = max(span.start - begin, 0)
            end = min(span.end - begin, length)
            if start < end:
                parts.append((number, start, end))
        return parts


def hits_in_cues(words: str, cues: Sequence[Cue]) -> list[Hit]:
    """Every place in a transcript where what was typed is said, in order."""
    spoken = Spoken(cues)
    return [spoken.hit(span) for span in spans_in(parse(words), spoken.text)]


@dataclass(frozen=True)
class Said:
    """What is said of the question in one video: how often, when, and the best places."""

    hits: int
    seconds: list[float]
    moments: list[Moment]


def said_in(question: Question, cues: Sequence[Cue]) -> Said:
    spoken = Spoken(cues)
    spans = spans_in(question, spoken.text)
    places = [spoken.cue_at(span.start) for span in spans]
    seconds = [cues[place].start for place in places]
    moments = []
    for first, last in sorted(_best_windows(spans, seconds)):
        moments.append(_moment(spoken, spans[first : last + 1], places[first]))
    return Said(len(spans), seconds, moments)


def _best_windows(spans: Sequence[Span], seconds: Sequence[float]) -> list[tuple[int, int]]:
    """The first and last span of the best windows: most terms, most hits, earliest."""
    windows = []
    last = 0
    for first in range(len(spans)):
        last = max(last, first)
        while last + 1 < len(spans) and seconds[last + 1] - seconds[first] <= WINDOW:
            last += 1
        terms = len({span.term for span in spans[first : last + 1]})
        windows.append((-terms, first - last, first, last))
    chosen: list[tuple[int, int]] = []
    for _terms, _hits, first, last in sorted(windows):
        far = all(abs(seconds[first] - seconds[other]) > WINDOW for other, _ in chosen)
        if far:
            chosen.append((first, last))
        if len(chosen) == MOST_MOMENTS:
            break
    return chosen


def _moment(spoken: Spoken, spans: Sequence[Span], place: int) -> Moment:
    """The cue of the first hit with what is said around it."""
    cues = spoken.cues
    first = place
    if place > 0 and len(cues[place - 1].text) <= LEAD_LENGTH:
        first = place - 1
    last = place
    length = len(cues[place].text)
    while last + 1 < len(cues) and length + len(cues[last + 1].text) <= MOMENT_LENGTH:
        last += 1
        length += len(cues[last].text) + 1
    begin = spoken.starts[first]
    end = spoken.starts[last] + len(cues[last].text)
    inside = [span for span in spans if span.start < end]
    marks = [[span.start - begin, min(span.end, end) - begin] for span in inside]
    text = spoken.text[begin:end].replace("\n", " ")
    return Moment(cues[place].start, cues[last].end, text, marks)
