"""The search: its page, what the page shows anew while somebody types, and what can be taken
along.
"""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from videos.access import Request, signed_in
from videos.contexts import card, list_page
from videos.models import VideoList
from videos.queries import PAGE_SIZE, with_video
from videos.search.all_moments import moment_rows
from videos.search.asked import Asked, list_from
from videos.search.building import building
from videos.search.contexts import QUICK_RESULTS, SearchPage, search_page
from videos.search.finding import MOST_RESULTS, find_ids
from videos.search.later import count_without_text
from videos.search.library import entries_of_videos
from videos.search.moment_files import FILE_FORMATS
from videos.streaming import StreamedFile
from videos.text import number_from, numbers_from
from videos.views.lists import keep_view, shows_table


@signed_in
@require_GET
def search(request: Request) -> HttpResponse:
    """The search of everything; asked by HTMX the part of it that the page shows anew."""
    asked = Asked.parse(request.user, request.GET)
    target = request.htmx.target if request.htmx else None
    if target == "quick":
        return _quick(request, asked)
    home = _home(request)
    if target == "results" and home is not None and not asked.words:
        return _list_again(request, home)
    context = {"page": _page(request, asked), "video_list": asked.video_list}
    if target == "more":
        return render(request, "search/_found.html", context)
    if target == "results":
        response = render(request, "search/_answer.html", context)
        response["HX-Replace-Url"] = asked.address
        return response
    page = render(request, "search/search.html", context)
    return keep_view(page, request.GET.get("view"))


def _page(request: Request, asked: Asked) -> SearchPage:
    """The results behind the first `from`, as the `view` that is asked for or was last."""
    start = min(number_from(request.GET.get("from", "")) or 0, MOST_RESULTS)
    table = shows_table(request)
    chosen = request.GET.get("view")
    if chosen:
        table = chosen == "table"
    return search_page(request.user, asked, start=start, table=table)


def _quick(request: Request, asked: Asked) -> HttpResponse:
    """The first results, for the panel below the box."""
    if not asked.words:
        return HttpResponse()
    page = search_page(request.user, asked, limit=QUICK_RESULTS)
    return render(request, "search/_quick.html", {"page": page})


def _home(request: Request) -> VideoList | None:
    """The list whose page the box is on: an emptied box shows the list again."""
    return list_from(request.user, request.GET.get("home", ""))


def _list_again(request: Request, video_list: VideoList) -> HttpResponse:
    page = list_page(video_list, request.GET, table=shows_table(request))
    context = {"page": page, "video_list": video_list}
    response = render(request, "videos/_search_answer.html", context)
    response["HX-Replace-Url"] = video_list.get_absolute_url()
    return response


def found_ids(user: Any, asked: Asked) -> list[int]:
    """The ids of all videos that can be paged through, best first."""
    condition = asked.filters.condition()
    found = find_ids(user, asked.words, video_list=asked.video_list, condition=condition)
    return found.ids


@signed_in
@require_GET
def search_ids(request: Request) -> JsonResponse:
    """The ids of all found videos, for "Select all"."""
    asked = Asked.parse(request.user, request.GET)
    return JsonResponse({"ids": found_ids(request.user, asked)})


@signed_in
@require_GET
def search_cards(request: Request) -> HttpResponse:
    """The cards of `ids` as they are now."""
    ids = numbers_from(request.GET.get("ids", "").split(",")[:PAGE_SIZE])
    latest = {}
    for entry in with_video(entries_of_videos(request.user, ids)).order_by("pk"):
        latest[entry.video_id] = entry
    cards = list(map(card, latest.values()))
    return render(request, "videos/_cards_alone.html", {"cards": cards})


@signed_in
@require_GET
def search_moments(request: Request) -> StreamedFile:
    """All moments of a search as `format` csv, markdown or json."""
    asked = Asked.parse(request.user, request.GET)
    wanted = FILE_FORMATS.get(request.GET.get("format", "csv"), FILE_FORMATS["csv"])
    rows = moment_rows(found_ids(request.user, asked), asked.words)
    return StreamedFile(
        wanted.write(rows, asked.words),
        content_type=wanted.content_type,
        filename=f"moments.{wanted.extension}",
    )


@signed_in
@require_GET
def search_building(request: Request) -> HttpResponse:
    """How far the index is, while it is being built."""
    return render(request, "search/_building.html", {"page": {"building": building()}})


@signed_in
@require_GET
def search_later(request: Request) -> HttpResponse:
    """How many videos, of the list `list` or of all, have no text yet."""
    asked = Asked.parse(request.user, request.GET)
    count = count_without_text(request.user, asked.video_list)
    return render(request, "search/_later.html", {"count": count})
