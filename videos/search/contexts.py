"""What the search's pages show: objects that have worked out every flag and address, shared by the
page, its fragments and the box's panel.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.functional import Promise, cached_property
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from videos.contexts import Card, card, export_formats
from videos.filters import Filters
from videos.models import ListCount, ListEntry, VideoList
from videos.search.asked import Asked
from videos.search.building import Building, building
from videos.search.facets import Facet, Narrowing, facets_of, narrowings_of
from videos.search.finding import Found, FoundVideo, Place, find
from videos.search.marking import marked
from videos.search.models import SavedSearch
from videos.search.moments import MOST_HITS, Moment
from videos.search.saved import saved_as
from videos.stages import Stage
from videos.templatetags.library import clock

STRIP_WIDTH = 1000  # of the drawing: thousandths of the video
STRIP_HEIGHT = 10
MOST_TICKS = 200
PAGE_RESULTS = 4  # a screen of 1080 lines; the text of each is read, the next come unasked
QUICK_RESULTS = 6
PLACE_LABELS: dict[str, Promise] = {
    "description": gettext_lazy("In the description"),
    "chapter": gettext_lazy("Chapter"),
    "note": gettext_lazy("In your note"),
    "tag": gettext_lazy("Your tag"),
}

# What a person is told about the limits of an answer.
NOTICES: dict[str, Promise] = {
    "too_long": gettext_lazy("The search was long: only its beginning is searched for."),
    "too_many_words": gettext_lazy("Those were many words: only the first ones are searched for."),
    "phrases_cut": gettext_lazy(
        "Very many videos have these words: only the newest were searched for the exact phrase."
    ),
    "notes_cut": gettext_lazy("There are very many notes: only the newest were searched."),
}


@dataclass(frozen=True)
class SaveButton:
    """What the button shows that keeps or forgets a search. `saved`: None while it is not kept."""

    asked: Asked
    saved: SavedSearch | None


@dataclass(frozen=True, slots=True)
class ShownMoment:
    """A place in a video. `start` is the second it begins at, as text for the page."""

    start: str
    time: str
    html: SafeString
    url: str
    quote_url: str


@dataclass(frozen=True, slots=True)
class ShownPlace:
    """A hit outside of the transcript, named by where it is. `url` is "" where it is no link."""

    label: str | Promise
    html: SafeString
    url: str


@dataclass(frozen=True, slots=True)
class Result:
    """A found video. `more`: how many hits it has besides the moments shown, or at least has."""

    card: Card
    title: SafeString
    moments: list[ShownMoment]
    places: list[ShownPlace]
    more: int
    is_more_exact: bool
    strip: str
    all_url: str

    @property
    def video_id(self) -> int:
        return self.card.video.pk


@dataclass(frozen=True)
class Offer:
    """Another search that may help."""

    label: str
    address: str


@dataclass(frozen=True)
class SearchPage:
    """The search page, and each of its fragments."""

    asked: Asked
    found: Found
    results: list[Result]
    facets: list[Facet]
    saved: SavedSearch | None = None
    table: bool = False
    stages: type[Stage] = Stage
    has_results: bool = True

    @property
    def filters(self) -> Filters:
        return self.asked.filters

    @property
    def export_formats(self) -> list[tuple[str, str]]:
        return export_formats()

    @property
    def video_list(self) -> VideoList | None:
        return self.asked.video_list

    @property
    def is_searched(self) -> bool:
        return not self.hint

    @property
    def is_empty(self) -> bool:
        return not self.results

    @property
    def narrowings(self) -> list[Narrowing]:
        return narrowings_of(self.asked)

    @property
    def hint(self) -> str:
        """What is said instead of results if nothing was asked."""
        if self.found.is_empty_query:
            return _("Search everything that was said and written")
        if self.found.only_exclusions:
            return _("Add a word to look for")
        return ""

    @property
    def next(self) -> str:
        """The address of the results below, or ""."""
        if self.found.next_offset is None:
            return ""
        return f"{self.asked.address}&from={self.found.next_offset}"

    @property
    def extent(self) -> str:
        """How much was found."""
        if self.hint or self.is_empty:
            return ""
        if self.video_list is not None and self.found.is_exact:
            return extent_in_list(self.video_list, self.found.total)
        return extent_of(self.found)

    @cached_property
    def building(self) -> Building | None:
        """How far the index is while it is being built."""
        return building()

    @property
    def remarks(self) -> list[str]:
        """What a person should know about the answer: what was left out."""
        codes = list(self.found.notices)
        if self.asked.cut and "too_long" not in codes:
            codes.append("too_long")
        return _said_of(codes)

    @property
    def nothing_found(self) -> list[str]:
        """Why nothing was found, as far as it is known."""
        reasons = []
        for word in self.found.missing:
            reasons.append(_("“%(word)s” is found nowhere.") % {"word": word})
        return reasons

    @property
    def offers(self) -> list[Offer]:
        return list(offers_of(self.asked, self.found.missing))


def _said_of(codes: Iterable[str]) -> list[str]:
    """What a person is told about these notices; those without a text are left out."""
    remarks = []
    for code in codes:
        if code in NOTICES:
            remarks.append(str(NOTICES[code]))
    return remarks


def extent_of(found: Found) -> str:
    """Return "12 videos", or "More than 10 videos" when counting stopped there."""
    count = found.total
    if not found.is_exact:
        return _("More than %(count)d videos") % {"count": count}
    return ngettext("%(count)d video", "%(count)d videos", count) % {"count": count}


def extent_in_list(video_list: VideoList, shown: int) -> str:
    """How many videos of the list were found. One query."""
    counted = ListCount.objects.filter(pk=video_list.pk).first()
    count = shown
    if counted is not None:
        count = max(shown, counted.entries)
    text = ngettext("%(shown)d of %(count)d video", "%(shown)d of %(count)d videos", count)
    return text % {"shown": shown, "count": count}


def offers_of(asked: Asked, missing: Sequence[str]) -> Iterator[Offer]:
    """Searches near this one that may find something."""
    if asked.filters.is_narrowed:
        yield Offer(_("Without filters"), asked.unfiltered().address)
    if asked.video_list is not None:
        yield Offer(_("In all lists"), asked.everywhere().address)
    if '"' in asked.words:
        unquoted = " ".join(asked.words.replace('"', " ").split())
        yield Offer(_("Without quotation marks"), asked.with_words(unquoted).address)
    if missing:
        yield from _offer_without(missing, asked)


def _offer_without(missing: Sequence[str], asked: Asked) -> Iterator[Offer]:
    """The search for the other words, where there are some."""
    left = []
    for word in asked.words.split():
        if word.strip('"') not in missing:
            left.append(word)
    if left:
        words = " ".join(left)
        label = _("Only “%(words)s”") % {"words": words}
        yield Offer(label, asked.with_words(words).address)


def search_page(
    user: Any, asked: Asked, *, start: int = 0, limit: int = PAGE_RESULTS, table: bool = False
) -> SearchPage:
    """Look for what was asked, and make it ready to show."""
    found = find(
        user,
        asked.words,
        video_list=asked.video_list,
        condition=asked.filters.condition(),
        offset=start,
        limit=limit,
    )
    results = []
    entries = []
    for video in found.videos:
        entry = entry_to_show(video, asked)
        if entry is not None:
            entries.append(entry)
            results.append(result_of(entry, video, asked.words))
    return SearchPage(
        asked=asked,
        found=found,
        results=results,
        facets=facets_of(asked, entries),
        saved=saved_as(user, asked),
        table=table,
    )


def entry_to_show(found: FoundVideo, asked: Asked) -> ListEntry | None:
    """The entry in the list that was asked for, else the latest. None: it has gone meanwhile."""
    for entry in reversed(found.entries):
        if asked.video_list is None or entry.video_list_id == asked.video_list.pk:
            return entry
    return None


def result_of(entry: ListEntry, found: FoundVideo, words: str) -> Result:
    shown = card(entry)
    video = entry.video
    moments = []
    for moment in found.moments:
        moments.append(_shown_moment(video.pk, moment, words))
    return Result(
        card=shown,
        title=_title_of(found, shown.title),
        moments=moments,
        places=_shown_places(found, words),
        more=max(0, found.hits - len(moments)),
        is_more_exact=found.hits < MOST_HITS,
        strip=strip_path(found.seconds, video.duration),
        all_url=video_address(video.pk, words),
    )


def _title_of(found: FoundVideo, title: str) -> SafeString:
    """The title with the words marked in it, or as it is where it has none of them."""
    for place in found.places:
        if place.kind == "title":
            return marked(place.text, place.marks)
    escaped: SafeString = conditional_escape(title)
    return escaped


def _shown_places(found: FoundVideo, words: str) -> list[ShownPlace]:
    places = []
    for place in found.places:
        if place.kind in PLACE_LABELS:
            places.append(_shown_place(found.video_id, place, words))
    return places


def _shown_moment(video_id: int, moment: Moment, words: str) -> ShownMoment:
    return ShownMoment(
        start=f"{moment.start:g}",
        time=clock(moment.start),
        html=marked(moment.text, moment.marks),
        url=video_address(video_id, words, moment.start),
        quote_url=quote_address(video_id, moment.start, moment.end),
    )


def _shown_place(video_id: int, place: Place, words: str) -> ShownPlace:
    url = ""
    if place.start is not None:
        url = video_address(video_id, words, place.start)
    return ShownPlace(PLACE_LABELS[place.kind], marked(place.text, place.marks), url)


def video_address(video_id: int, words: str, seconds: float | None = None) -> str:
    """The video's page with these words marked, at this second."""
    values: dict[str, object] = {}
    if seconds is not None:
        values["t"] = int(seconds)
    values["q"] = words
    return f"{_path_of('video_detail', video_id)}?{urlencode(values)}"


def quote_address(video_id: int, start: float, end: float) -> str:
    """The page that has this moment as a quote."""
    values = urlencode({"start": f"{start:.3f}", "end": f"{end:.3f}"})
    return f"{_path_of('quote_detail', video_id)}?{values}"


@lru_cache(maxsize=2_000)
def _path_of(name: str, video_id: int) -> str:
    """The path of a video's page of this name. All moments of a video lead to the same two."""
    return reverse(name, args=[video_id])


def strip_path(seconds: Sequence[float], duration: int | None) -> str:
    """The path of a drawing with a line at each hit; "" where there is nothing to draw."""
    if not seconds:
        return ""
    whole = max(duration or 0, int(max(seconds)) + 1)
    places = {round(STRIP_WIDTH * second / whole) for second in seconds}
    return "".join(f"M{place} 0V{STRIP_HEIGHT}" for place in sorted(places)[:MOST_TICKS])
