"""What a list page can be narrowed by and in which orders it can be shown, as its address says."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from django.db.models import F, OrderBy, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, Lower
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from videos.causes import Cause
from videos.models import ListEntry
from videos.stages import FINISHED, CaptionsSource, Stage
from videos.text import has_unstorable, number_from, one_line, one_of, words_from
from videos.viewings import begun, watched

LONG_AGO = datetime.date(1970, 1, 1)

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
    """An order of entries by one value, with the entry's id to tell equals apart."""

    label: Label
    key: Combinable
    descending: bool
    parse: Callable[[str], object] = str

    @property
    def side(self) -> str:
        """How a row after another one compares with it: as `lt` or `gt` of a lookup."""
        if self.descending:
            return "lt"
        return "gt"

    def order(self) -> list[OrderBy]:
        return [OrderBy(F(name), descending=self.descending) for name in ("key", "id")]

    def beyond(self, cursor: str) -> Q:
        """The entries after a cursor `value~id`. ValueError for one that cannot be read."""
        text, _tilde, number = cursor.rpartition("~")
        entry_id = number_from(number)
        if entry_id is None or has_unstorable(text):
            raise ValueError
        value = self.parse(text)
        later = Q(**{"key": value, f"id__{self.side}": entry_id})
        return Q(**{f"key__{self.side}": value}) | later


def whole_number(text: str) -> int:
    number = number_from(text)
    if number is None:
        raise ValueError
    return number


SORTS: dict[str, Sort] = {
    "newest": Sort(_("Newest first"), F("position"), descending=True, parse=whole_number),
    "oldest": Sort(_("Oldest first"), F("position"), descending=False, parse=whole_number),
    "title": Sort(_("By title"), Lower("video__title"), descending=False),
    "title-z": Sort(_("By title, Z to A"), Lower("video__title"), descending=True),
    "channel": Sort(_("By channel"), Lower("video__channel"), descending=False),
    "channel-z": Sort(_("By channel, Z to A"), Lower("video__channel"), descending=True),
    "longest": Sort(
        _("Longest first"), Coalesce("video__duration", 0), descending=True, parse=whole_number
    ),
    "shortest": Sort(
        _("Shortest first"), Coalesce("video__duration", 0), descending=False, parse=whole_number
    ),
    "published": Sort(
        _("By date of publication"),
        Coalesce("video__published_at", LONG_AGO),
        descending=True,
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
            chosen={
                name: query[name]
                for name, (_label, choices) in FACETS.items()
                if query.get(name) in choices
            },
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
        return replace(
            self, chosen={key: value for key, value in self.chosen.items() if key != name}
        )

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
            narrowed &= (
                Q(video__title__icontains=word)
                | Q(video__channel__icontains=word)
                | Q(video__youtube_id=word)
            )
        return narrowed
