"""What the search box, the side bar's saved searches and the selection need on every page."""

from __future__ import annotations

from dataclasses import dataclass

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.urls import reverse

from videos.models import VideoList
from videos.search.saved import ShownSearch, searches_to_show

register = template.Library()


@dataclass(frozen=True)
class SavedRow:
    """A saved search in the side bar. `count`: "" until somebody counted."""

    search: ShownSearch
    count: str
    is_shown: bool


@register.simple_tag(takes_context=True)
def saved_searches(context: RequestContext) -> list[SavedRow]:
    """The person's saved searches; one query per request."""
    request: HttpRequest = context["request"]
    counts: dict[int, str] = context.get("counts") or {}
    asked = getattr(context.get("page"), "asked", None)
    shown = asked.query if asked is not None else None
    rows = []
    for search in searches_to_show(request.user):
        count = counts.get(search.pk, "")
        rows.append(SavedRow(search, count, is_shown=search.query == shown))
    return rows


@dataclass(frozen=True)
class SelectionUrls:
    """Where the actions on chosen videos are sent: of one list, or of all of them."""

    remove: str
    move: str
    tag: str
    export: str
    refresh: str
    retry: str


@register.simple_tag
def selection_urls(video_list: VideoList | None) -> SelectionUrls:
    if not video_list:
        return SelectionUrls(
            remove=reverse("found_remove"),
            move=reverse("found_move"),
            tag=reverse("found_tag"),
            export=reverse("found_export"),
            refresh=reverse("found_refresh"),
            retry=reverse("found_retry"),
        )
    of_list = [video_list.pk]
    return SelectionUrls(
        remove=reverse("entry_remove", args=of_list),
        move=reverse("entry_move", args=of_list),
        tag=reverse("entry_tag", args=of_list),
        export=reverse("entry_export", args=of_list),
        refresh=reverse("entries_refresh", args=of_list),
        retry=reverse("entries_retry", args=of_list),
    )
