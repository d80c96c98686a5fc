"""Keeping searches: saved ones are in the side bar of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower
from django.urls import reverse

from videos.prepared import PreparedSelect
from videos.search.asked import Asked
from videos.search.models import QUERY_LENGTH, SavedSearch

MOST_SAVED = 50  # of one person


class TooManySaved(Exception):
    """The person has as many saved searches as the side bar can show."""


def saved_searches(owner: Any) -> QuerySet[SavedSearch]:
    """The person's searches by name, without those of lists they deleted."""
    there = Q(video_list=None) | Q(video_list__deleted_at=None)
    searches = SavedSearch.objects.filter(there, owner=owner).select_related("video_list")
    return searches.order_by(Lower("name"), "pk")


@dataclass(frozen=True)
class ShownSearch:
    """A saved search in the side bar. `list_name`: "" for one of all lists."""

    pk: int
    name: str
    query: str
    list_name: str

    @property
    def address(self) -> str:
        return f"{reverse('search')}?{self.query}"


_SHOWN = PreparedSelect(
    lambda owner: saved_searches(owner).values_list("pk", "name", "query", "video_list__name"), int
)
_SAME = PreparedSelect(
    lambda owner, query: SavedSearch.objects.filter(owner=owner, query=query), int, str
)


def searches_to_show(owner: Any) -> list[ShownSearch]:
    """Read a person's saved searches for the side bar. One query."""
    shown = []
    for pk, name, query, list_name in _SHOWN.rows(owner.pk):
        shown.append(ShownSearch(pk, name, query, list_name or ""))
    return shown


def saved_as(owner: Any, asked: Asked) -> SavedSearch | None:
    """The saved search that asks for the same; None without one. One query."""
    return _SAME.first_of(SavedSearch, owner.pk, asked.query)


@transaction.atomic
def save_search(*, owner: Any, asked: Asked) -> SavedSearch | None:
    """Keep a search; the same one is kept once. None for one without words, or too long to keep.

    Raises TooManySaved.
    """
    query = asked.query
    if not asked.words or len(query) > QUERY_LENGTH:
        return None
    saved = saved_as(owner, asked)
    if saved is not None:
        return saved
    if SavedSearch.objects.filter(owner=owner).count() >= MOST_SAVED:
        raise TooManySaved
    saved, _new = SavedSearch.objects.get_or_create(
        owner=owner,
        query=query,
        defaults={"name": asked.words, "video_list": asked.video_list},
    )
    return saved


def forget_search(*, owner: Any, saved_id: int) -> bool:
    """Delete a saved search. Whether there was one."""
    deleted, _rows = SavedSearch.objects.filter(owner=owner, pk=saved_id).delete()
    return deleted > 0
