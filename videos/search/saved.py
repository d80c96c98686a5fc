"""Keeping searches: saved ones are in the side bar of every page."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Lower

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


@transaction.atomic
def save_search(*, owner: Any, asked: Asked) -> SavedSearch | None:
    """Keep a search; the same one is kept once. None for one without words, or too long to keep.

    Raises TooManySaved.
    """
    query = asked.query
    if not asked.words or len(query) > QUERY_LENGTH:
        return None
    saved = SavedSearch.objects.filter(owner=owner, query=query).first()
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
