"""The side bar of a search: the filters of a list, with the addresses that turn each on and off."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from videos.filters import FACETS, Filters, Label
from videos.models import ListEntry
from videos.search.asked import Asked
from videos.sidebar import TOP_CHANNELS


@dataclass(frozen=True)
class Option:
    label: Label
    chosen: bool
    address: str


@dataclass(frozen=True)
class Facet:
    label: Label
    options: list[Option]


@dataclass(frozen=True)
class Narrowing:
    """A filter that is on. `address` is the search without it."""

    label: Label
    address: str


def facets_of(asked: Asked, entries: Iterable[ListEntry]) -> list[Facet]:
    """The filters to choose from: those of every list, and tags and channels of these entries.

    The entries must have their videos and tags.
    """
    facets = [_fixed(asked, name) for name in FACETS]
    tags: dict[str, None] = {}
    channels: dict[str, None] = {}
    for entry in entries:
        tags.update(dict.fromkeys(tag.name for tag in entry.tags.all()))
        channels[entry.video.channel] = None
    facets.append(_free(asked, "tag", _("Tags"), sorted(tags)))
    facets.append(_free(asked, "channel", _("Channels"), list(channels)[:TOP_CHANNELS]))
    return facets


def narrowings_of(asked: Asked) -> list[Narrowing]:
    """The filters that are on, the list first."""
    narrowings = []
    if asked.video_list is not None:
        narrowings.append(Narrowing(asked.video_list.name, asked.everywhere().address))
    for name, value in asked.filters.chosen.items():
        label = FACETS[name][1][value].label
        narrowings.append(Narrowing(label, _without(asked, name).address))
    for name in ("tag", "channel"):
        value = getattr(asked.filters, name)
        if value:
            narrowings.append(Narrowing(value, _without(asked, name).address))
    return narrowings


def _fixed(asked: Asked, name: str) -> Facet:
    """A filter whose choices are known beforehand."""
    label, choices = FACETS[name]
    options = []
    for value, choice in choices.items():
        chosen = asked.filters.chosen.get(name) == value
        there = _with_chosen(asked, name, value)
        if chosen:
            there = _without(asked, name)
        options.append(Option(choice.label, chosen, there.address))
    return Facet(label, options)


def _free(asked: Asked, name: str, label: str, values: list[str]) -> Facet:
    """A filter by a text: a tag or a channel. The chosen one is always among the options."""
    current = getattr(asked.filters, name)
    shown = [value for value in values if value]
    if current and current not in shown:
        shown.append(current)
    options = []
    for value in shown:
        chosen = value == current
        there = _with_text(asked, name, value)
        if chosen:
            there = _without(asked, name)
        options.append(Option(value, chosen, there.address))
    return Facet(label, options)


def _with_filters(asked: Asked, filters: Filters) -> Asked:
    return replace(asked, filters=filters)


def _with_text(asked: Asked, name: str, value: str) -> Asked:
    """The same search for a tag or a channel."""
    if name == "tag":
        return _with_filters(asked, replace(asked.filters, tag=value))
    return _with_filters(asked, replace(asked.filters, channel=value))


def _with_chosen(asked: Asked, name: str, value: str) -> Asked:
    chosen = {**asked.filters.chosen, name: value}
    return _with_filters(asked, replace(asked.filters, chosen=chosen))


def _without(asked: Asked, name: str) -> Asked:
    return _with_filters(asked, asked.filters.without(name))
