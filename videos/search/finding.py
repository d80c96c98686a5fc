"""Looking for words in everything in a person's library: the one door, for pages, REST and the
command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet, prefetch_related_objects

from videos.models import ListEntry, Video, VideoList
from videos.prepared import PreparedForIds
from videos.queries import with_video
from videos.search.candidates import MANY_TERMS, ask, find_missing_terms, tiers_of
from videos.search.language import Question, parse
from videos.search.library import MOST_NOTES, Library, entries_of_videos
from videos.search.moments import Finder, Moment, said_in
from videos.search.own_words import has_all, has_any
from videos.search.texts import Phrases, VideoTexts, texts_of
from videos.search.tokenizer import words

MOST_RESULTS = 320  # videos that can be paged through
MOST_LOOKED_THROUGH = 30  # videos whose text is read for a phrase, in one request
# The same for more than two phrases, in scripts without blanks, or beside many words.
MOST_LOOKED_SLOWLY = 10
PLACE_LENGTH = 200  # characters of a description or note that are shown
BEFORE_HIT = 60
YOUTUBE_ID = re.compile(r"[\w-]{11}", re.ASCII)


@dataclass(frozen=True)
class Place:
    """A hit outside of the transcript.

    `kind`: title, channel, description, chapter, note or tag; the last two are the person's own.
    `start`: seconds, of a chapter.
    """

    kind: str
    text: str
    marks: list[list[int]]
    start: float | None = None


@dataclass(frozen=True)
class FoundVideo:
    """`hits`: how often the words are said (`MOST_HITS`: at least so often); `seconds`: when;
    `moments`: the best of these places; `entries`: the person's own of this video, the latest last,
    with what a card shows.
    """

    video_id: int
    moments: list[Moment]
    places: list[Place]
    hits: int
    seconds: list[float]
    entries: list[ListEntry]

    @property
    def video(self) -> Video:
        """The video; while YouTube has not said its title, with that of the owner's file."""
        video = self.entries[0].video
        for entry in self.entries:
            video.title = video.title or entry.file_title
        return video


@dataclass(frozen=True)
class Found:
    """`total` is exact, or there are more than that. `missing`: words that are found nowhere, when
    nothing was found. `notices`: what was left out, as codes.
    """

    videos: list[FoundVideo]
    total: int
    is_exact: bool
    next_offset: int | None
    missing: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    is_empty_query: bool = False
    only_exclusions: bool = False


def find(
    user: Any,
    words: str,
    *,
    video_list: VideoList | None = None,
    condition: Q | None = None,
    offset: int = 0,
    limit: int = 20,
) -> Found:
    """The videos that have all the words, best first.

    `condition`: a filter of the entries that count. A dozen queries, whatever the library's size.
    """
    question = parse(words)
    if not question.terms:
        return _nothing_asked(question)
    offset = min(max(offset, 0), MOST_RESULTS)
    end = offset + limit
    search = _Search(user, words, question, video_list, condition or Q())
    ids = search.first(min(end, MOST_RESULTS) + 1)
    has_more = len(ids) > end
    next_offset = None
    if has_more and end < MOST_RESULTS:
        next_offset = end
    missing: list[str] = []
    if not ids:
        missing = search.missing_words()
    return Found(
        describe(user, question, ids[offset:end], known=search.phrases.texts),
        total=min(len(ids), end),
        is_exact=not has_more and not search.is_cut,
        next_offset=next_offset,
        missing=missing,
        notices=[*question.notices, *search.notices],
    )


def _nothing_asked(question: Question) -> Found:
    return Found(
        [],
        0,
        is_exact=True,
        next_offset=None,
        notices=list(question.notices),
        is_empty_query=question.is_empty,
        only_exclusions=question.only_exclusions,
    )


@dataclass(frozen=True)
class FoundIds:
    """`is_exact`: there are no more than these."""

    ids: list[int]
    is_exact: bool


def find_ids(
    user: Any,
    words: str,
    *,
    video_list: VideoList | None = None,
    condition: Q | None = None,
    limit: int = MOST_RESULTS,
) -> FoundIds:
    """The ids of the videos that have all the words, best first, without looking where."""
    question = parse(words)
    if not question.terms:
        return FoundIds([], is_exact=True)
    search = _Search(user, words, question, video_list, condition or Q())
    ids = search.first(limit + 1)
    return FoundIds(ids[:limit], is_exact=len(ids) <= limit and not search.is_cut)


class _Search:
    """One question in one library."""

    def __init__(
        self,
        user: Any,
        written: str,
        question: Question,
        video_list: VideoList | None,
        condition: Q,
    ) -> None:
        self.user = user
        self.written = written
        self.question = question
        list_id = video_list.pk if video_list else None
        self.library = Library(user, list_id=list_id, condition=condition)
        self.notices: list[str] = []
        self.phrases = Phrases(question)
        self.looked_through: list[int] = []

    @property
    def is_cut(self) -> bool:
        return bool(self.notices)

    @property
    def most_looked_through(self) -> int:
        many_words = len(self.question.terms) >= MANY_TERMS
        if self.phrases.number > 2 or self.phrases.are_slow or many_words:
            return MOST_LOOKED_SLOWLY
        return MOST_LOOKED_THROUGH

    def first(self, count: int) -> list[int]:
        """The best videos, at most so many: tier by tier until enough are found."""
        found = list(dict.fromkeys([*self._by_id(), *self._own_words()]))[:count]
        for matching in tiers_of(self.question):
            if len(found) >= count or "phrases_cut" in self.notices:
                break
            found += self._tier(matching, found, count - len(found))
        return found

    def missing_words(self) -> list[str]:
        """The typed words that none of the videos has. At most two statements."""
        written = []
        for term in find_missing_terms(self.question.terms, self.library):
            written.append(term.written)
        return written

    def _tier(self, matching: str, before: Sequence[int], count: int) -> list[int]:
        if not self.phrases.are_asked:
            return ask(matching, self.library, skip=before, limit=count)
        return self._with_phrases(matching, before, count)

    def _with_phrases(self, matching: str, before: Sequence[int], count: int) -> list[int]:
        """Those of a tier's videos that have the phrases, as far as texts may still be read."""
        most = self.most_looked_through - len(self.looked_through)
        skip = [*before, *self.looked_through]
        some = ask(matching, self.library, skip=skip, limit=most + 1)
        self.looked_through += some[:most]
        found = self.phrases.of(some[:most], most=count)
        if len(some) > most and len(found) < count:
            self.notices.append("phrases_cut")
        return found

    def _by_id(self) -> list[int]:
        """The video whose YouTube id was typed. One query then, else none."""
        typed = self.written.strip()
        if not YOUTUBE_ID.fullmatch(typed):
            return []
        videos = self.library.entries.filter(video__youtube_id=typed).values_list(
            "video", flat=True
        )
        return list(videos.distinct())

    def _own_words(self) -> list[int]:
        """The videos whose note or tags, of the person's own, have all the words."""
        noted = self.library.notes()
        if len(noted) == MOST_NOTES:
            self.notices.append("notes_cut")
        texts: dict[int, list[str]] = {}
        for video_id, text in [*noted, *self._tagged()]:
            texts.setdefault(video_id, []).append(text)
        found = []
        for video_id, own in texts.items():
            if has_all(self.question, words("\n".join(own))):
                found.append(video_id)
        return found

    def _tagged(self) -> list[tuple[int, str]]:
        """Videos with those tags of the person that have a word of the question, the newest first.

        Most questions have no word of a tag, and no entries are visited.
        """
        named = self._tags_asked_for()
        if not named:
            return []
        tagged = self.library.entries.filter(tags__in=named).order_by("-pk")
        return list(tagged.values_list("video", "tags__name")[:MOST_NOTES])

    def _tags_asked_for(self) -> list[int]:
        terms = (*self.question.terms, *self.question.without)
        named = []
        for pk, name in self.library.tags():
            if has_any(terms, words(name)):
                named.append(pk)
        return named


# Showing ------------------------------------------------------------------------------------------


def describe(
    user: Any, question: Question, video_ids: Sequence[int], *, known: Mapping[int, VideoTexts]
) -> list[FoundVideo]:
    """These videos with the places of the hits, in this order. `known`: texts that somebody has
    read. Up to five queries, none without videos.
    """
    if not video_ids:
        return []
    texts = _texts_with_known(video_ids, known)
    entries = own_entries(user.pk, video_ids)
    finder = Finder(question)
    found = []
    for pk in video_ids:
        own = entries.get(pk)
        if own is None:  # removed meanwhile
            continue
        said = said_in(finder, texts[pk].spoken)
        places = [
            *_named(finder, texts[pk]),
            *_chapters(finder, texts[pk]),
            *_own(finder, own),
        ]
        found.append(FoundVideo(pk, said.moments, places, said.hits, said.seconds, own))
    return found


def _texts_with_known(
    video_ids: Sequence[int], known: Mapping[int, VideoTexts]
) -> dict[int, VideoTexts]:
    unknown = []
    for video_id in video_ids:
        if video_id not in known:
            unknown.append(video_id)
    return {**known, **texts_of(unknown)}


def _named(finder: Finder, texts: VideoTexts) -> Iterator[Place]:
    named = (
        ("title", texts.title),
        ("channel", texts.channel),
        ("description", texts.description),
    )
    for kind, text in named:
        yield from _place(finder, kind, text)


def _chapters(finder: Finder, texts: VideoTexts) -> Iterator[Place]:
    for start, title in texts.chapters:
        marks = finder.marks_in(title)
        if marks:
            yield Place("chapter", title, marks, start)


def _own(finder: Finder, entries: Sequence[ListEntry]) -> Iterator[Place]:
    """The person's notes and tags."""
    tags: set[str] = set()
    for entry in entries:
        for tag in entry.tags.all():
            tags.add(tag.name)
        yield from _place(finder, "note", entry.note)
    for name in sorted(tags):
        yield from _place(finder, "tag", name)


def own_entries(owner: int, video_ids: Sequence[int]) -> dict[int, list[ListEntry]]:
    """The person's entries of each of these videos, the latest last, with what a card shows and
    with notes. Two queries.
    """
    of_videos: dict[int, list[ListEntry]] = {}
    entries = _ENTRIES.objects(video_ids, owner)
    prefetch_related_objects(entries, "tags")
    for entry in entries:
        of_videos.setdefault(entry.video_id, []).append(entry)
    return of_videos


def _entries_to_show(video_ids: Sequence[int], owner: int) -> QuerySet[ListEntry]:
    entries = with_video(entries_of_videos(owner, video_ids))
    return entries.defer(None).defer("video__description").order_by("pk")


_ENTRIES = PreparedForIds(_entries_to_show, int)


def _place(finder: Finder, kind: str, text: str) -> Iterator[Place]:
    """The part of a text around its first hit; nothing where there is none."""
    marks = finder.marks_in(text)
    if not marks:
        return
    start = 0
    if len(text) > PLACE_LENGTH:
        start = max(marks[0][0] - BEFORE_HIT, 0)
    end = start + PLACE_LENGTH
    inside = []
    for first, last in marks:
        if last <= end:
            inside.append([first - start, last - start])
    yield Place(kind, text[start:end], inside)
