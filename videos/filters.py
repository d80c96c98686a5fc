"""What a list page can be narrowed by and in which orders it can be shown, as its address says."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.db.models import F, OrderBy, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from videos.causes import Cause
from videos.models import ListEntry
from videos.models.video import OrLongAgo, OrZero
from videos.stages import FINISHED, CaptionsSource, Stage
from videos.text import has_unstorable, number_from, one_line, one_of, words_from
from videos.viewings import begun, watched

Label = str | Promise


@dataclass(frozen=True)
class Choice:
    label: Label
    condition: Callable[[], Q]


def _added_since(days: int) -> Callable[[], Q]:
    return lambda: Q(added_at__gte=timezone.now() - datetime.timedelta(days=days))


def _captions(label: Label, source: CaptionsSource) -> Choice:
    return Choice(label, lambda: Q(video__captions_source=source))


FACETS: dict[str, tuple[Label, dict[str, Choice]]] = {
    "stage": (
        _("Status"),
        {
            "importing": Choice(_("Being imported"), lambda: ~Q(video__import_stage__in=FINISHED)),
            "complete": Choice(_("Complete"), lambda: Q(video__import_stage=Stage.COMPLETE)),
            "error": Choice(_("Not imported"), lambda: Q(video__import_stage=Stage.ERROR)),
        },
    ),
    "captions": (
        _("Captions"),
        {
            "manual": _captions(
                pgettext_lazy("captions", "Uploaded by the channel"), CaptionsSource.MANUAL
            ),
            "auto": _captions(pgettext_lazy("captions", "Automatic"), CaptionsSource.AUTO),
            "whisper": _captions(pgettext_lazy("captions", "Transcribed"), CaptionsSource.WHISPER),
            "none": _captions(CaptionsSource.NONE.label, CaptionsSource.NONE),
        },
    ),
    "watched": (
        _("Watched"),
        {
            "no": Choice(_("Not yet"), lambda: ~Q(watched())),
            "begun": Choice(_("Begun"), lambda: Q(begun())),
            "yes": Choice(_("To the end"), lambda: Q(watched())),
        },
    ),
    "length": (
        _("Length"),
        {
            "short": Choice(_("Under 5 min"), lambda: Q(video__duration__lt=300)),
            "medium": Choice(
                _("5 to 20 min"), lambda: Q(video__duration__gte=300, video__duration__lte=1200)
            ),
            "long": Choice(_("Over 20 min"), lambda: Q(video__duration__gt=1200)),
        },
    ),
    "added": (
        pgettext_lazy("when", "Added"),
        {
            "day": Choice(_("Last 24 hours"), _added_since(1)),
            "week": Choice(_("Last 7 days"), _added_since(7)),
            "month": Choice(_("Last 30 days"), _added_since(30)),
        },
    ),
}


@dataclass(frozen=True)
class Sort:
    """An order of entries by one value of their videos, or by their own position.

    `column`: of the entry for the position, else of the video; `value_of`: what is compared of it.
    """

    label: Label
    column: str
    descending: bool
    value_of: Callable[[str], Combinable] = F
    parse: Callable[[str], object] = str

    @property
    def is_position(self) -> bool:
        return self.column == "position"

    @property
    def side(self) -> str:
        """How a row after another one compares with it: as `lt` or `gt` of a lookup."""
        if self.descending:
            return "lt"
        return "gt"

    def of_entries(self) -> Combinable:
        return self.value_of(f"video__{self.column}")

    def of_videos(self) -> Combinable:
        return self.value_of(self.column)

    def order(self, *columns: str) -> list[OrderBy]:
        return [OrderBy(F(name), descending=self.descending) for name in columns]

    def after(self, cursor: str) -> After:
        """ValueError for a cursor that cannot be read."""
        text, _tilde, ids = cursor.rpartition("~")
        video_id, _minus, entry_id = ids.partition("-")
        if has_unstorable(text):
            raise ValueError
        return After(self.parse(text), whole_number(video_id), whole_number(entry_id), self.side)


@dataclass(frozen=True)
class After:
    """Where a page begins: behind an entry, of which this is the value, the video and the id."""

    value: object
    video_id: int
    entry_id: int
    side: str

    def entries(self) -> Q:
        """Those after it. Equals are told apart by the video, and of one video by the entry."""
        later = Q(**{f"video_id__{self.side}": self.video_id})
        later |= Q(**{"video_id": self.video_id, f"id__{self.side}": self.entry_id})
        return Q(**{f"key__{self.side}": self.value}) | (Q(key=self.value) & later)

    def videos(self) -> Q:
        """Its own video, which may be in another list, and those after it. What an index can begin
        with stands alone.
        """
        later = Q(**{f"key__{self.side}": self.value}) | Q(**{f"id__{self.side}e": self.video_id})
        return Q(**{f"key__{self.side}e": self.value}) & later


def whole_number(text: str) -> int:
    number = number_from(text)
    if number is None:
        raise ValueError
    return number


SORTS: dict[str, Sort] = {
    "newest": Sort(_("Newest first"), "position", descending=True, parse=whole_number),
    "oldest": Sort(_("Oldest first"), "position", descending=False, parse=whole_number),
    "title": Sort(_("By title"), "title", descending=False, value_of=Lower),
    "title-z": Sort(_("By title, Z to A"), "title", descending=True, value_of=Lower),
    "channel": Sort(_("By channel"), "channel", descending=False, value_of=Lower),
    "channel-z": Sort(_("By channel, Z to A"), "channel", descending=True, value_of=Lower),
    "longest": Sort(
        _("Longest first"), "duration", descending=True, value_of=OrZero, parse=whole_number
    ),
    "shortest": Sort(
        _("Shortest first"), "duration", descending=False, value_of=OrZero, parse=whole_number
    ),
    "published": Sort(
        _("By date of publication"),
        "published_at",
        descending=True,
        value_of=OrLongAgo,
        parse=datetime.date.fromisoformat,
    ),
}
NEWEST = "newest"


@dataclass(frozen=True)
class Filters:
    """What the address of a list page asks for.

    Values that mean nothing are dropped, so a mistyped address shows the list.
    """

    chosen: Mapping[str, str]
    channel: str = ""
    tag: str = ""
    cause: str = ""  # why a video could not be imported
    q: str = ""
    sort: str = NEWEST

    @classmethod
    def parse(cls, query: Mapping[str, str]) -> Filters:
        return cls(
            chosen=_chosen(query),
            channel=one_line(query.get("channel", ""), 200),
            tag=one_line(query.get("tag", ""), 50),
            cause=one_of(Cause.values, query.get("cause", "")),
            q=one_line(query.get("q", ""), 200),
            sort=one_of(SORTS, query.get("sort", ""), NEWEST),
        )

    @property
    def is_narrowed(self) -> bool:
        return bool(self.chosen or self.channel or self.tag or self.cause or self.q)

    @property
    def is_plain(self) -> bool:
        """The whole list, newest first: the view that new cards may join at the top."""
        return not self.is_narrowed and self.sort == NEWEST

    @property
    def finds_few(self) -> bool:
        """Narrowed by something that few videos have, and that an index finds."""
        return bool(self.tag or self.cause or self.chosen.get("stage") == "error")

    def without(self, name: str) -> Filters:
        if name == "channel":
            return replace(self, channel="")
        if name == "tag":
            return replace(self, tag="")
        if name == "cause":
            return replace(self, cause="")
        chosen = dict(self.chosen)
        chosen.pop(name, None)
        return replace(self, chosen=chosen)

    def condition(self) -> Q:
        narrowed = Q()
        for name, value in self.chosen.items():
            narrowed &= FACETS[name][1][value].condition()
        if self.channel:
            narrowed &= Q(video__channel=self.channel)
        if self.cause:
            narrowed &= Q(video__import_stage=Stage.ERROR, video__error_cause=self.cause)
        if self.tag:
            narrowed &= Q(
                pk__in=ListEntry.tags.through.objects.filter(tag__name=self.tag).values("listentry")
            )
        for word in words_from(self.q):
            narrowed &= _has_word(word)
        return narrowed


def _chosen(query: Mapping[str, str]) -> dict[str, str]:
    chosen = {}
    for name, (_label, choices) in FACETS.items():
        if query.get(name) in choices:
            chosen[name] = query[name]
    return chosen


def _has_word(word: str) -> Q:
    return (
        Q(video__title__icontains=word)
        | Q(video__channel__icontains=word)
        | Q(video__youtube_id=word)
    )
