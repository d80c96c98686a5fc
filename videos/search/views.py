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
from videos.models import ListEntry, VideoList
from videos.queries import PAGE_SIZE, with_video
from videos.search.all_moments import moment_rows
from videos.search.asked import Asked
from videos.search.building import building
from videos.search.contexts import QUICK_RESULTS, search_page
from videos.search.finding import MOST_RESULTS, find_ids
from videos.search.later import count_without_text
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
    start = min(number_from(request.GET.get("from", "")) or 0, MOST_RESULTS)
    chosen = request.GET.get("view")
    table = shows_table(request)
    if chosen:
        table = chosen == "table"
    page = search_page(request.user, asked, start=start, table=table)
    context = {"page": page, "video_list": asked.video_list}
    if target == "more":
        return render(request, "search/_found.html", context)
    if target == "results":
        response = render(request, "search/_answer.html", context)
        response["HX-Replace-Url"] = asked.address
        return response
    return keep_view(render(request, "search/search.html", context), chosen)


def _quick(request: Request, asked: Asked) -> HttpResponse:
    """The first results, for the panel below the box; nothing while nothing is asked."""
    if not asked.words:
        return HttpResponse()
    page = search_page(request.user, asked, limit=QUICK_RESULTS)
    return render(request, "search/_quick.html", {"page": page})


def _home(request: Request) -> VideoList | None:
    """The list whose page the box is on: an emptied box shows the list again."""
    list_id = number_from(request.GET.get("home", ""))
    if list_id is None:
        return None
    return VideoList.objects.owned_by(request.user).filter(pk=list_id).first()


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
    entries = ListEntry.objects.filter(
        video_id__in=ids, video_list__owner=request.user, video_list__deleted_at=None
    )
    latest = {entry.video_id: entry for entry in with_video(entries).order_by("pk")}
    cards = [card(entry) for entry in latest.values()]
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
