"""Where in a video the words are said: hits in the cues, and the best places of them.

Worked out from the transcript itself, for the videos that are shown. About 3 ms for half an hour.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, islice, pairwise
from typing import NamedTuple

from videos.cues import Cue
from videos.search.language import Question, parse
from videos.search.tokenizer import cut, goes_on, join_cues, runs, tokens_of_chunk

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


class Finder:
    """Where the terms of a question are in texts. One for all texts of an answer, since it
    remembers what it found between two blanks: texts have few different words.
    """

    def __init__(self, question: Question) -> None:
        self.question = question
        self.known: dict[str, list[ChunkHit]] = {}

    def spans_in(self, text: str) -> list[Span]:
        """The places in a text, in order.

        A term is looked for inside of other words only when it is nowhere by itself.
        """
        strict: list[list[Span]] = [[] for _ in self.question.terms]
        loose: list[list[Span]] = [[] for _ in self.question.terms]
        for span, is_strict in self._word_spans(text):
            into = loose
            if is_strict:
                into = strict
            into[span.term].append(span)
        spans: list[Span] = []
        for number, term in enumerate(self.question.terms):
            spans += strict[number] or loose[number]
            for phrase in term.phrases:
                spans += _phrase_spans(phrase, number, text)
        return _once_each(spans)[:MOST_HITS]

    def _word_spans(self, text: str) -> Iterator[tuple[Span, bool]]:
        """Single words, and whether each is one by itself or the beginning of one."""
        wanted = [chunk for chunk in set(text.split()) if self._hits(chunk)]
        for begin, chunk in _places(text, wanted):
            for hit in self._hits(chunk):
                yield Span(begin + hit.start, begin + hit.end, hit.term), hit.is_strict

    def marks_in(self, text: str) -> list[list[int]]:
        """The ranges of the hits in a text, without overlaps."""
        marks: list[list[int]] = []
        for span in self.spans_in(text):
            if marks and span.start < marks[-1][1]:
                marks[-1][1] = max(marks[-1][1], span.end)
            else:
                marks.append([span.start, span.end])
        return marks

    def _hits(self, chunk: str) -> list[ChunkHit]:
        hits = self.known.get(chunk)
        if hits is None:
            hits = self.known[chunk] = _hits_in_chunk(self.question, chunk)
        return hits


def _places(text: str, chunks: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where these chunks, what stands between two blanks, are in a text.

    Looking for the few that are wanted is ten times as quick as walking over all words.
    """
    if chunks:
        pattern = re.compile(rf"(?<!\S)(?:{'|'.join(map(re.escape, chunks))})(?!\S)")
        for found in pattern.finditer(text):
            yield found.start(), found.group()


class ChunkHit(NamedTuple):
    """A term between two blanks. `is_strict`: it is a word there or the beginning of one."""

    start: int
    end: int
    term: int
    is_strict: bool


def _hits_in_chunk(question: Question, chunk: str) -> list[ChunkHit]:
    hits = []
    for token in tokens_of_chunk(chunk):
        for number, term in enumerate(question.terms):
            if term.matches(token.word):
                hits.append(ChunkHit(token.start, token.end, number, True))
            elif term.matches_inside(token.word):
                hits.append(ChunkHit(token.start, token.end, number, False))
    return hits


def _once_each(spans: list[Span]) -> list[Span]:
    """In order; a word that several terms find counts once."""
    found: list[Span] = []
    for span in sorted(spans):
        if not found or (found[-1].start, found[-1].end) != (span.start, span.end):
            found.append(span)
    return found


def _phrase_spans(phrase: Sequence[str], number: int, text: str) -> Iterator[Span]:
    """Where these words follow each other: from each chunk with the first one on, as many words as
    the phrase has.
    """
    starting = {}
    for chunk in set(text.split()):
        words = [token.word for token in tokens_of_chunk(chunk)]
        if phrase[0] in words:
            starting[chunk] = len(words)
    for begin, chunk in _places(text, list(starting)):
        ordered = list(islice(_words_from(text, begin), starting[chunk] + len(phrase)))
        for place in range(starting[chunk]):
            following = ordered[place : place + len(phrase)]
            if [word for word, _, _ in following] == list(phrase):
                yield Span(following[0][1], following[-1][2], number)


def _words_from(text: str, begin: int) -> Iterator[tuple[str, int, int]]:
    """The words from there on with their places; without the joined forms of hyphenated words."""
    for found in runs().finditer(text, begin):
        last = -1
        for word, position, start, end in cut(found.group()):
            if position > last:
                last = position
                yield word, found.start() + start, found.start() + end


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
    return [spoken.hit(span) for span in Finder(parse(words)).spans_in(spoken.text)]


@dataclass(frozen=True)
class Said:
    """What is said of the question in one video: how often, when, and the best places."""

    hits: int
    seconds: list[float]
    moments: list[Moment]


def said_in(finder: Finder, cues: Sequence[Cue]) -> Said:
    spoken = Spoken(cues)
    spans = finder.spans_in(spoken.text)
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
