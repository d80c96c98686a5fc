"""The side bar of a list page: its filters, each with how many videos it would show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.db.models import Count, Sum
from django.utils.translation import gettext_lazy as _

from videos.filters import FACETS, Filters, Label
from videos.queries import AllVideos, Scope, entries_of

TOP_CHANNELS = 8


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

    Counts are None until somebody asks for them, because counting visits every entry of the list.
    """

    facets: list[Facet]
    seconds: int | None = None
    shown: int | None = None  # how many entries the filters show; None when they show all
    total: int | None = None  # of all lists together; None where the list's own number is known

    @property
    def has_choices(self) -> bool:
        """Whether any filter shows something, as far as is known: none does in an empty list."""
        options = [option for facet in self.facets for option in facet.options]
        return any(option.chosen or option.count != 0 for option in options)


def uncounted_facets(filters: Filters) -> Facets:
    return Facets([_facet(name, filters, {}) for name in FACETS])


def counted_facets(scope: Scope, filters: Filters) -> Facets:
    """Each option's count under all other filters.

    Three queries over the list's entries (about 15 ms for 10,000).
    """
    counts = {
        f"{name}_{value}": Count(
            "id", filter=filters.without(name).condition() & choice.condition()
        )
        for name, (_label, choices) in FACETS.items()
        for value, choice in choices.items()
    }
    row = scope.entries.aggregate(seconds=Sum("video__duration"), **counts)
    facets = [
        *(_facet(name, filters, row) for name in FACETS),
        _tags(scope, filters),
        _channels(scope, filters),
    ]
    shown = None
    if filters.is_narrowed:
        shown = entries_of(scope, filters).count()
    total = None
    if isinstance(scope, AllVideos):
        total = scope.entries.count()
    return Facets(facets, row["seconds"] or 0, shown, total)


def _facet(name: str, filters: Filters, counts: Mapping[str, int]) -> Facet:
    label, choices = FACETS[name]
    chosen = filters.chosen.get(name)
    return Facet(
        name,
        label,
        [
            Option(value, choice.label, counts.get(f"{name}_{value}"), value == chosen)
            for value, choice in choices.items()
        ],
    )


def _tags(scope: Scope, filters: Filters) -> Facet:
    """The tags of this list's entries, by name."""
    entries = entries_of(scope, filters.without("tag")).exclude(tags=None)
    rows = entries.values_list("tags__name").annotate(count=Count("id")).order_by("tags__name")
    return Facet(
        "tag", _("Tags"), [Option(name, name, count, name == filters.tag) for name, count in rows]
    )


def _channels(scope: Scope, filters: Filters) -> Facet:
    """The list's channels with most videos, and the chosen one."""
    entries = entries_of(scope, filters.without("channel")).exclude(video__channel="")
    rows = (
        entries.values_list("video__channel")
        .annotate(count=Count("id"))
        .order_by("-count", "video__channel")[:TOP_CHANNELS]
    )
    options = [
        Option(channel, channel, count, channel == filters.channel) for channel, count in rows
    ]
    if filters.channel and not any(option.chosen for option in options):
        options.append(Option(filters.channel, filters.channel, None, chosen=True))
    return Facet("channel", _("Channels"), options)
