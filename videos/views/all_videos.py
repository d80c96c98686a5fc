"""All videos of a person, over all of their lists, and why some could not be imported."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from videos.access import Request, signed_in
from videos.contexts import cards_of, list_page, where_of
from videos.filters import Filters
from videos.queries import AllVideos, failures_of, with_video
from videos.responses import page_or_fragment
from videos.sidebar import counted_facets
from videos.views.lists import asked_ids, asks_for_counts, keep_view, shows_table


@signed_in
@require_GET
def video_list(request: Request) -> HttpResponse:
    """All of them; asked by HTMX only the results, and below a cursor only the next cards."""
    scope = AllVideos(request.user)
    chosen = request.GET.get("view")
    table = shows_table(request)
    if chosen:
        table = chosen == "table"
    counted = asks_for_counts(request)
    page = list_page(scope, request.GET, table=table, counted=counted)
    context: dict[str, object] = {"page": page, "where": where_of(scope)}
    if counted:
        context["failures"] = failures_of(scope, page.filters)
    if request.htmx and request.GET.get("before"):
        return render(request, "videos/_cards.html", context)
    template = page_or_fragment(
        request, page="videos/video_list.html", fragment="videos/_search_answer.html"
    )
    return keep_view(render(request, template, context), chosen)


@signed_in
@require_GET
def video_cards(request: Request) -> HttpResponse:
    """The cards of `ids` as they are now. New ones join with the next visit."""
    if "since" in request.GET:
        return HttpResponse(status=204)
    entries = AllVideos(request.user).entries.filter(video_id__in=asked_ids(request))
    cards = cards_of(with_video(entries), table=shows_table(request), names_list=True)
    return render(request, "videos/_cards_alone.html", {"cards": cards})


@signed_in
@require_GET
def video_facets(request: Request) -> HttpResponse:
    """The side bar's filters with their counts, and the failures by cause."""
    scope = AllVideos(request.user)
    filters = Filters.parse(request.GET)
    context = {
        "facets": counted_facets(scope, filters),
        "failures": failures_of(scope, filters),
        "where": where_of(scope),
        "filters": filters,
    }
    return render(request, "videos/_facets.html", context)


@signed_in
@require_GET
def video_failures(request: Request) -> HttpResponse:
    """Why videos could not be imported, by cause, with a way to try them again."""
    failures = failures_of(AllVideos(request.user), Filters.parse(request.GET))
    return render(request, "videos/_failures.html", {"failures": failures})
