"""How many videos each saved search finds, for the side bar."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from videos.search.asked import Asked
from videos.search.finding import find_ids
from videos.search.saved import saved_searches

MOST_COUNTED = 99  # videos that one saved search finds


def counts_of_saved(owner: Any) -> dict[int, str]:
    """Count the videos of each saved search, by its id. One search for each."""
    counts = {}
    for saved in saved_searches(owner):
        counts[saved.pk] = count_of(owner, saved.query)
    return counts


def count_of(owner: Any, query: str) -> str:
    """The number as it is shown: "12", or "99+" where more are found than are counted."""
    asked = Asked.parse(owner, QueryDict(query))
    found = find_ids(
        owner,
        asked.words,
        video_list=asked.video_list,
        condition=asked.filters.condition(),
        limit=MOST_COUNTED,
    )
    if found.is_exact:
        return str(len(found.ids))
    return f"{len(found.ids)}+"
