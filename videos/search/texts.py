"""The texts of videos, read to look for phrases in them and to show where the words are.

The index does not know the order of words: a phrase is looked up in the texts of the candidates.
Texts read lately are remembered, since whoever types a word asks for the same videos with each
letter.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import chain
from threading import Lock

from cachetools import LRUCache
from django.db.models import TextField
from django.db.models.functions import Cast

from videos.chunks import chunks
from videos.cues import rows_from_text
from videos.models import Chapter, Video
from videos.prepared import PreparedForIds
from videos.search.folding import fold_between_signs
from videos.search.language import Question, Term
from videos.search.lines import Lines
from videos.search.moments import Finder, Spoken
from videos.search.patterns import (
    BETWEEN_WORDS,
    BETWEEN_WORDS_IN_JSON,
    phrase_pattern,
    word_pattern,
)
from videos.search.tokenizer import is_paired

READ_AT_ONCE = 10  # texts
# Characters of texts that are remembered: some 80 half hours, 20 MB with what is made of them.
MOST_REMEMBERED = 4_000_000
OTHER_ESCAPES = re.compile(r"\\[^n\"]")  # than those of a quote and of a line's end
SURROGATE = "\\ud"  # JSON writes an emoji as two of them


@dataclass(frozen=True)
class VideoTexts:
    """All that is said and written of a video.

    `kept_cues`: JSON, as a transcript keeps them, or ""; `chapters`: their start and title.
    """

    title: str
    channel: str
    description: str
    kept_cues: str
    chapters: list[tuple[float, str]] = field(default_factory=list)

    @cached_property
    def spoken(self) -> Spoken:
        if not self.kept_cues:
            return Spoken([])
        return Spoken(rows_from_text(self.kept_cues))

    @property
    def written(self) -> list[str]:
        titles = [title for _, title in self.chapters]
        return [self.title, self.channel, self.description, *titles]

    @cached_property
    def every(self) -> list[Lines]:
        """Each of the texts, what is said as one."""
        return [*map(Lines, self.written), self.spoken.lines]

    @cached_property
    def rough(self) -> list[str]:
        """The same, but what is said as JSON, with brackets and times between the cues."""
        return list(map(fold_between_signs, [*self.written, readable(self.kept_cues)]))


def size_of(texts: VideoTexts) -> int:
    """How much room texts take, in characters. Short ones take some, too."""
    return 1_000 + len(texts.kept_cues) + len(texts.description)


def readable(kept: str) -> str:
    """The cues with their characters as themselves, brackets and times between them: a fifth of the
    time of taking them apart.
    """
    if "\\" not in kept:
        return kept
    if not OTHER_ESCAPES.search(kept):
        return kept.replace("\\n", "\n")
    if kept.isascii():  # as earlier versions wrote every character
        return _unescaped(kept)
    return "\n".join(row[2] for row in rows_from_text(kept))


def _unescaped(kept: str) -> str:
    text = kept.encode().decode("unicode_escape")
    if SURROGATE not in kept:
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# A video's id, its version, and the digest of its words (None while it has no document). Whatever
# changes its texts changes one of the last two.
Key = tuple[int, int, str | None]

_KEYS = PreparedForIds(
    lambda ids: Video.objects.filter(pk__in=ids).values_list(
        "pk", "version", "search_document__digest"
    )
)
_VIDEOS = PreparedForIds(
    lambda ids: Video.objects.filter(pk__in=ids).values_list(
        "pk",
        "version",
        "search_document__digest",
        "title",
        "channel",
        "description",
        Cast("transcript__cues", TextField()),
    )
)
_CHAPTERS = PreparedForIds(
    lambda ids: Chapter.objects.filter(video__in=ids).values_list("video", "start", "title")
)

remembered: LRUCache[Key, VideoTexts] = LRUCache(MOST_REMEMBERED, getsizeof=size_of)
_lock = Lock()  # of `remembered`, which threads share


def texts_of(video_ids: Sequence[int]) -> dict[int, VideoTexts]:
    """The texts of these videos. One query where all are remembered, else up to three; none without
    videos.
    """
    found: dict[int, VideoTexts] = {}
    with _lock:
        known = {key[0] for key in remembered}.intersection(video_ids)
    if known:  # perhaps as they were
        keys: list[Key] = _KEYS.rows(sorted(known))
        with _lock:
            found = {key[0]: remembered[key] for key in keys if key in remembered}
    missing = [pk for pk in video_ids if pk not in found]
    if missing:
        found.update(_read(missing))
    return found


def _read(video_ids: Sequence[int]) -> dict[int, VideoTexts]:
    """Read the texts and remember them under the version that came with the title and the cues.

    Chapters are read after it. If they are newer than that version, nobody asks for it any more.
    """
    read: dict[int, VideoTexts] = {}
    keys: list[Key] = []
    for pk, version, digest, title, channel, description, kept in _VIDEOS.rows(video_ids):
        read[pk] = VideoTexts(title, channel, description, kept or "")
        keys.append((pk, version, digest))
    for pk, start, title in _CHAPTERS.rows(video_ids):
        read[pk].chapters.append((start, title))
    _remember(keys, read)
    return read


def _remember(keys: Iterable[Key], read: Mapping[int, VideoTexts]) -> None:
    with _lock:
        for key in keys:
            texts = read[key[0]]
            if size_of(texts) <= MOST_REMEMBERED:
                remembered[key] = texts


# Phrases ------------------------------------------------------------------------------------------


class _InTexts:
    """A term with phrases, looked for in whole texts.

    Most texts do not have it, and a rough look at them is enough to see that.
    """

    def __init__(self, term: Term) -> None:
        # Words of scripts without blanks may go on in the next cue without a sign between.
        self.needs_joined_cues = any(map(is_paired, chain.from_iterable(term.phrases)))
        between = BETWEEN_WORDS_IN_JSON
        if self.needs_joined_cues:
            between = BETWEEN_WORDS
        self.near = _pattern_of(term, between)
        self.finder = Finder(Question((term,)))

    def is_in(self, texts: VideoTexts) -> bool:
        if self.needs_joined_cues:
            looked_at = [lines.folded for lines in texts.every]
        else:
            looked_at = texts.rough
        if not any(map(self.near.search, looked_at)):
            return False
        return any(map(self.finder.is_in, texts.every))


def _pattern_of(term: Term, between: str) -> re.Pattern[str]:
    """What a text that has the term looks like at least. `between`: what may part words of it."""
    patterns = []
    for phrase in term.phrases:
        patterns.append(phrase_pattern(phrase, between=between))
    patterns += map(word_pattern, term.exact)
    return re.compile("|".join(patterns))


def _with_phrases(terms: Iterable[Term]) -> list[_InTexts]:
    found = []
    for term in terms:
        if term.phrases:
            found.append(_InTexts(term))
    return found


class Phrases:
    """The phrases of a question, wanted and unwanted. `texts`: of the videos that had them, so that
    nobody reads them twice.
    """

    def __init__(self, question: Question) -> None:
        self.wanted = _with_phrases(question.terms)
        self.unwanted = _with_phrases(question.without)
        self.texts: dict[int, VideoTexts] = {}

    @property
    def are_asked(self) -> bool:
        """Whether the index alone cannot decide."""
        return bool(self.wanted or self.unwanted)

    @property
    def number(self) -> int:
        return len(self.wanted) + len(self.unwanted)

    @property
    def are_slow(self) -> bool:
        """Whether one of them needs every text folded as a whole, some milliseconds each."""
        for term in (*self.wanted, *self.unwanted):
            if term.needs_joined_cues:
                return True
        return False

    def of(self, video_ids: Sequence[int], *, most: int) -> list[int]:
        """Those of the videos that have the phrases, the first so many. Reads no texts beyond: at
        most three queries for each ten.
        """
        found: list[int] = []
        for some in chunks(video_ids, READ_AT_ONCE):
            texts = texts_of(some)
            for video_id in some:
                if len(found) == most:
                    return found
                if self._fit(texts[video_id]):
                    found.append(video_id)
                    self.texts[video_id] = texts[video_id]
        return found

    def _fit(self, texts: VideoTexts) -> bool:
        for term in self.wanted:
            if not term.is_in(texts):
                return False
        for term in self.unwanted:
            if term.is_in(texts):
                return False
        return True
