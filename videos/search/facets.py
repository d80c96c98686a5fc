"""The side bar of a search: the filters of a list, with the addresses that turn each on and off."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
    facets = []
    for name in FACETS:
        facets.append(_fixed(asked, name))
    tags: set[str] = set()
    channels: dict[str, None] = {}
    for entry in entries:
        for tag in entry.tags.all():
            tags.add(tag.name)
        channels[entry.video.channel] = None
    facets.append(_free(asked, "tag", _("Tags"), sorted(tags)))
    facets.append(_free(asked, "channel", _("Channels"), list(channels)[:TOP_CHANNELS]))
    return facets


def narrowings_of(asked: Asked) -> list[Narrowing]:
    """The filters that are on, the list first."""
    narrowings = []
    if asked.video_list is not None:
        narrowings.append(Narrowing(asked.video_list.name, asked.everywhere().address))
    for name, label in _filters_on(asked.filters):
        narrowings.append(Narrowing(label, _without(asked, name).address))
    return narrowings


def _filters_on(filters: Filters) -> Iterator[tuple[str, Label]]:
    """The names of the filters that are on, each with what is chosen."""
    for name, value in filters.chosen.items():
        yield name, FACETS[name][1][value].label
    for name in ("tag", "channel"):
        text = getattr(filters, name)
        if text:
            yield name, text


def _fixed(asked: Asked, name: str) -> Facet:
    """A filter whose choices are known beforehand."""
    label, choices = FACETS[name]
    options = []
    for value, choice in choices.items():
        if asked.filters.chosen.get(name) == value:
            options.append(_chosen(asked, name, choice.label))
        else:
            there = _with_chosen(asked, name, value)
            options.append(Option(choice.label, chosen=False, address=there.address))
    return Facet(label, options)


def _free(asked: Asked, name: str, label: str, values: list[str]) -> Facet:
    """A filter by a text: a tag or a channel. The chosen one is always among the options."""
    current = getattr(asked.filters, name)
    options = []
    for value in _with_current(values, current):
        if value == current:
            options.append(_chosen(asked, name, value))
        else:
            there = _with_text(asked, name, value)
            options.append(Option(value, chosen=False, address=there.address))
    return Facet(label, options)


def _with_current(values: list[str], current: str) -> list[str]:
    """The values that are not empty, and the chosen one."""
    shown = [value for value in values if value]
    if current and current not in shown:
        shown.append(current)
    return shown


def _chosen(asked: Asked, name: str, label: Label) -> Option:
    """A choice that is on: its address turns it off."""
    return Option(label, chosen=True, address=_without(asked, name).address)


def _with_filters(asked: Asked, filters: Filters) -> Asked:
    return replace(asked, filters=filters)


def _with_text(asked: Asked, name: str, value: str) -> Asked:
    if name == "tag":
        return _with_filters(asked, replace(asked.filters, tag=value))
    return _with_filters(asked, replace(asked.filters, channel=value))


def _with_chosen(asked: Asked, name: str, value: str) -> Asked:
    chosen = {**asked.filters.chosen, name: value}
    return _with_filters(asked, replace(asked.filters, chosen=chosen))


def _without(asked: Asked, name: str) -> Asked:
    return _with_filters(asked, asked.filters.without(name))
