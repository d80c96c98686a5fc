"""Where in a video the words are said: hits in the cues, and the best places of them.

Worked out from the transcript itself, for the videos that are shown. About 3 ms for half an hour.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from videos.search.language import Question, parse
from videos.search.lines import Lines
from videos.search.patterns import chunk_pattern, phrase_pattern
from videos.search.tokenizer import (
    cut,
    joined_with_starts,
    runs,
    tokens_of_chunk,
)

Hit = list[tuple[int, int, int]]  # one hit: (cue, from, to) for each cue that it touches

WINDOW = 30.0  # seconds: words so close together are one moment
MOST_MOMENTS = 3
MOST_HITS = 1_000  # of one video; more make no better moment
RARE = 10  # hits; a word that has fewer among so many is looked for behind them, too
NEAR = 600  # characters beside a rare word: about as many as are said in half a minute
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
        self.pattern = chunk_pattern(question.terms)
        self.known: dict[str, list[ChunkHit]] = {}

    def is_in(self, lines: Lines) -> bool:
        """Whether any of the terms is in a text. Looks no further than to the first place."""
        for _place in self._word_hits(lines):
            return True
        for number, term in enumerate(self.question.terms):
            for phrase in term.phrases:
                for _span in _phrase_spans(phrase, number, lines):
                    return True
        return False

    def spans_in(self, lines: Lines) -> list[Span]:
        """The places in a text, in order.

        A term is looked for inside of other words only when it is nowhere by itself. Of single
        words looks no further than to the first `MOST_HITS` places, and beside those of words that
        are rare among them.
        """
        terms = self.question.terms
        strict: list[list[Span]] = [[] for _ in terms]
        loose: list[list[Span]] = [[] for _ in terms]
        hits = list(islice(self._word_hits(lines), MOST_HITS))
        if len(hits) == MOST_HITS:
            hits += islice(self._hits_near_rare(lines, hits), MOST_HITS)
        for begin, (start, end, number, is_strict) in hits:
            into = strict if is_strict else loose
            into[number].append(Span(begin + start, begin + end, number))
        spans: list[Span] = []
        for number, term in enumerate(terms):
            spans += strict[number] or loose[number]
            for phrase in term.phrases:
                spans += islice(_phrase_spans(phrase, number, lines), MOST_HITS)
        return _once_each(spans)

    def _word_hits(
        self, lines: Lines, start: int = 0, stop: int | None = None
    ) -> Iterator[tuple[int, ChunkHit]]:
        """Single words: the place in the text where their piece begins, and the hit in it.

        Between two places of the text, which may have the pieces at them or not.
        """
        if self.pattern is None:
            return
        for begin, chunk in lines.chunks_like(self.pattern, start, stop):
            hits = self.known.get(chunk)
            if hits is None:
                hits = self.known[chunk] = _hits_in_chunk(self.question, chunk)
            for hit in hits:
                yield begin, hit

    def _hits_near_rare(
        self, lines: Lines, first: Sequence[tuple[int, ChunkHit]]
    ) -> Iterator[tuple[int, ChunkHit]]:
        """Behind the first hits, those beside words that are rare among them: in a video of hours
        the best place for "the escapement" is not where "the" is said for the first time.
        """
        done = first[-1][0]
        counts = Counter(hit.term for _, hit in first)
        places: list[int] = []
        for number, term in enumerate(self.question.terms):
            if counts[number] < RARE:
                alone = Finder(Question((term,)))
                places += [begin for begin, _ in islice(alone._word_hits(lines, done), RARE)]
        for place in sorted(places):
            if place + NEAR > done:
                yield from self._word_hits(lines, max(done, place - NEAR), place + NEAR)
                done = place + NEAR

    def marks_in(self, text: str) -> list[list[int]]:
        """The ranges of the hits in a text, without overlaps."""
        marks: list[list[int]] = []
        for span in self.spans_in(Lines(text)):
            if marks and span.start < marks[-1][1]:
                marks[-1][1] = max(marks[-1][1], span.end)
            else:
                marks.append([span.start, span.end])
        return marks


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


def _phrase_spans(phrase: Sequence[str], number: int, lines: Lines) -> Iterator[Span]:
    """Where these words follow each other: from each piece with the first one on, as many words as
    the phrase has.
    """
    beginning = re.compile(phrase_pattern(phrase))
    for begin, chunk in lines.chunks_like(beginning):
        yield from _phrase_spans_from(phrase, number, lines.text, begin, chunk)


def _phrase_spans_from(
    phrase: Sequence[str], number: int, text: str, begin: int, chunk: str
) -> Iterator[Span]:
    """The phrases that begin in this piece of the text."""
    words = [token.word for token in tokens_of_chunk(chunk)]
    if phrase[0] not in words:
        return
    ordered = list(islice(_words_from(text, begin), len(words) + len(phrase)))
    for place in range(len(words)):
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
    """The text of all cues in one, so that a phrase may go from one cue to the next.

    `cues`: each with its start, end and text, as a transcript keeps them or as `Cue`.
    """

    def __init__(self, cues: Sequence[Sequence[Any]]) -> None:
        # No list for each cue: while many texts are remembered, Python would look at all of them
        # whenever it collects garbage.
        self.begins: list[float] = [cue[0] for cue in cues]
        self.ends: list[float] = [cue[1] for cue in cues]
        self.texts: list[str] = [cue[2] for cue in cues]
        self.text, self.starts = joined_with_starts(self.texts)

    @cached_property
    def lines(self) -> Lines:
        """The text, ready to be searched."""
        return Lines(self.text)

    def cue_at(self, offset: int) -> int:
        return bisect_right(self.starts, offset) - 1

    def hit(self, span: Span) -> Hit:
        """The parts of a span, by cue."""
        parts: Hit = []
        for number in range(
            self.cue_at(span.start), self.cue_at(max(span.start, span.end - 1)) + 1
        ):
            begin = self.starts[number]
            length = len(self.texts[number])
            start = max(span.start - begin, 0)
            end = min(span.end - begin, length)
            if start < end:
                parts.append((number, start, end))
        return parts


def hits_in_cues(words: str, cues: Sequence[Sequence[Any]]) -> list[Hit]:
    """Find the places where what was typed is said, in order."""
    spoken = Spoken(cues)
    return [spoken.hit(span) for span in Finder(parse(words)).spans_in(spoken.lines)]


@dataclass(frozen=True)
class Said:
    """What is said of the question in one video: how often, when, and the best places."""

    hits: int
    seconds: list[float]
    moments: list[Moment]


def said_in(finder: Finder, spoken: Spoken) -> Said:
    """Look for the best places of a transcript."""
    spans = finder.spans_in(spoken.lines)
    places = [spoken.cue_at(span.start) for span in spans]
    seconds = [spoken.begins[place] for place in places]
    moments = []
    for first, last in sorted(_best_windows(spans, seconds)):
        begin = _closest(spans, first, last)
        moments.append(_moment(spoken, spans, places[begin]))
    return Said(min(len(spans), MOST_HITS), seconds, moments)


def _best_windows(spans: Sequence[Span], seconds: Sequence[float]) -> list[tuple[int, int]]:
    """The first and last span of the best windows: most terms, most hits, earliest."""
    windows = _windows(spans, seconds)
    chosen: list[tuple[int, int]] = []
    while windows and len(chosen) < MOST_MOMENTS:
        _terms, _hits, first, last = min(windows)
        chosen.append((first, last))
        begin = seconds[first]
        windows = [window for window in windows if abs(seconds[window[2]] - begin) > WINDOW]
    return chosen


def _windows(spans: Sequence[Span], seconds: Sequence[float]) -> list[tuple[int, int, int, int]]:
    """From each span on those of the next seconds: how many terms and hits they have, both
    negative so that the best is the least, and the first and last of them.
    """
    windows = []
    inside = [0] * (1 + max((span.term for span in spans), default=0))  # hits of each term
    terms = 0  # that have some
    end = 0
    for first, span in enumerate(spans):
        while end < len(spans) and seconds[end] <= seconds[first] + WINDOW:
            terms += not inside[spans[end].term]
            inside[spans[end].term] += 1
            end += 1
        windows.append((-terms, first - end, first, end - 1))
        inside[span.term] -= 1
        terms -= not inside[span.term]
    return windows


def _closest(spans: Sequence[Span], first: int, last: int) -> int:
    """The hit of a window from which on all of its words are shown: the first one where they stand
    close together, else the last one behind which all of them come.
    """
    window = spans[first : last + 1]
    counts = Counter(span.term for span in window)
    firsts = {span.term: span for span in reversed(window)}
    if max(span.end for span in firsts.values()) - window[0].start <= MOMENT_LENGTH:
        return first
    while counts[spans[first].term] > 1:
        counts[spans[first].term] -= 1
        first += 1
    return first


def _moment(spoken: Spoken, spans: Sequence[Span], place: int) -> Moment:
    """The cue of a hit with what is said around it."""
    texts = spoken.texts
    first = place
    if place > 0 and len(texts[place - 1]) <= LEAD_LENGTH:
        first = place - 1
    last = place
    length = len(texts[place])
    while last + 1 < len(texts) and length + len(texts[last + 1]) <= MOMENT_LENGTH:
        last += 1
        length += len(texts[last]) + 1
    begin = spoken.starts[first]
    end = spoken.starts[last] + len(texts[last])
    inside = [span for span in spans if begin <= span.start < end]
    marks = [[span.start - begin, min(span.end, end) - begin] for span in inside]
    text = spoken.text[begin:end].replace("\n", " ")
    return Moment(spoken.begins[place], spoken.ends[last], text, marks)
