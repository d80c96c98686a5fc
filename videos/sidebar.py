"""The side bar of a list page: its filters, each with how many videos it would show."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from django.db.models import Count, QuerySet, Sum
from django.utils.translation import gettext_lazy as _

from videos.access import User
from videos.filters import FACETS, Filters, Label
from videos.lookups import looking_up_by_index
from videos.models import ListCount, ListEntry, Tag
from videos.queries import AllVideos, Scope, entries_of

TOP_CHANNELS = 8
COUNTED_AT_MOST = 50_000  # entries; the filters of more stand there without counts
NEWEST = 10_000  # entries of those whose channels are looked at


@dataclass(frozen=True)
class Option:
    value: str
    label: Label
    count: int | None
    chosen: bool


@dataclass(frozen=True)
class Facet:
    name: str
    label: Label
    options: list[Option]


@dataclass(frozen=True)
class Facets:
    """The side bar's filters.

    Counts are None until somebody asks for them (`is_pending`), because counting visits every entry
    of the list. They stay None where there are more entries than are counted.
    """

    facets: list[Facet]
    is_pending: bool = False  # the page asks for the counts once it is there
    seconds: int | None = None
    shown: int | None = None  # how many entries the filters show; None when they show all
    total: int | None = None  # of all lists together; None where the list's own number is known

    @property
    def has_choices(self) -> bool:
        """Whether any filter shows something, as far as is known: none does in an empty list."""
        for facet in self.facets:
            for option in facet.options:
                if option.chosen or option.count != 0:
                    return True
        return False


def uncounted_facets(filters: Filters) -> Facets:
    return Facets(_choices(filters, {}), is_pending=True)


def counted_facets(scope: Scope, filters: Filters) -> Facets:
    """Each option's count under all other filters.

    Three queries over the entries, up to COUNTED_AT_MOST of them, and a small one before.
    """
    number = _kept_count(scope)
    total = None
    if isinstance(scope, AllVideos):
        total = number
    with looking_up_by_index():
        if number > COUNTED_AT_MOST:
            return Facets(_facets_of_many(scope, filters), total=total)
        return _counted(scope, filters, total)


def _kept_count(scope: Scope) -> int:
    """How many entries there are, as the database keeps it. One query, of a row for each list."""
    counts = ListCount.objects.filter(video_list__deleted_at=None)
    if isinstance(scope, AllVideos):
        counts = counts.filter(video_list__owner=scope.owner.pk)
    else:
        counts = counts.filter(video_list=scope)
    return counts.aggregate(number=Sum("entries"))["number"] or 0


def _facets_of_many(scope: Scope, filters: Filters) -> list[Facet]:
    """The filters without counts: all tags, and the channels of the newest entries. Two queries."""
    newest = scope.entries.order_by("-pk").values("pk")[:NEWEST]
    return [
        *_choices(filters, {}),
        _all_tags(scope.owner, filters),
        _uncounted(_channels(ListEntry.objects.filter(pk__in=newest), filters)),
    ]


def _counted(scope: Scope, filters: Filters, total: int | None) -> Facets:
    row = scope.entries.aggregate(seconds=Sum("video__duration"), **_counts_of_choices(filters))
    facets = [
        *_choices(filters, row),
        _tags(scope, filters),
        _channels(entries_of(scope, filters.without("channel")), filters),
    ]
    shown = None
    if filters.is_narrowed:
        shown = entries_of(scope, filters).count()
    return Facets(facets, seconds=row["seconds"] or 0, shown=shown, total=total)


def _counts_of_choices(filters: Filters) -> dict[str, Count]:
    """What counts each choice under all other filters, by `facet_value`."""
    counts = {}
    for name, (_label, choices) in FACETS.items():
        others = filters.without(name).condition()
        for value, choice in choices.items():
            counts[f"{name}_{value}"] = Count("id", filter=others & choice.condition())
    return counts


def _choices(filters: Filters, counts: Mapping[str, int]) -> list[Facet]:
    """The filters with few values. `counts`: by `facet_value`, where they are known."""
    facets = []
    for name, (label, choices) in FACETS.items():
        options = []
        for value, choice in choices.items():
            is_chosen = value == filters.chosen.get(name)
            options.append(Option(value, choice.label, counts.get(f"{name}_{value}"), is_chosen))
        facets.append(Facet(name, label, options))
    return facets


def _tags(scope: Scope, filters: Filters) -> Facet:
    """The tags of this list's entries, by name."""
    entries = entries_of(scope, filters.without("tag")).filter(tags__isnull=False)
    rows = entries.values_list("tags__name").annotate(count=Count("id")).order_by("tags__name")
    return Facet("tag", _("Tags"), _options(rows, filters.tag))


def _all_tags(owner: User, filters: Filters) -> Facet:
    names = Tag.objects.filter(owner=owner.pk).order_by("name").values_list("name", flat=True)
    return Facet("tag", _("Tags"), _options([(name, None) for name in names], filters.tag))


def _options(rows: Iterable[tuple[str, int | None]], chosen: str) -> list[Option]:
    """`rows`: each value with its count."""
    options = []
    for value, count in rows:
        options.append(Option(value, value, count, value == chosen))
    return options


def _uncounted(facet: Facet) -> Facet:
    return replace(facet, options=[replace(option, count=None) for option in facet.options])


def _channels(entries: QuerySet[ListEntry], filters: Filters) -> Facet:
    """The channels with most of these videos, and the chosen one."""
    rows = (
        entries.exclude(video__channel="")
        .values_list("video__channel")
        .annotate(count=Count("id"))
        .order_by("-count", "video__channel")[:TOP_CHANNELS]
    )
    options = _options(rows, filters.channel)
    if filters.channel and not _has_chosen(options):
        options.append(Option(filters.channel, filters.channel, None, chosen=True))
    return Facet("channel", _("Channels"), options)


def _has_chosen(options: Iterable[Option]) -> bool:
    for option in options:
        if option.chosen:
            return True
    return False
