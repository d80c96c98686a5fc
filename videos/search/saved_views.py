"""Saved searches: keeping one, forgetting one, and how many each finds."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from videos.access import Request, signed_in
from videos.responses import lead_on
from videos.search.asked import Asked
from videos.search.contexts import SaveButton
from videos.search.counting import counts_of_saved
from videos.search.models import SavedSearch
from videos.search.saved import TooManySaved, forget_search, save_search
from videos.views.changes import respond_with_toast


@signed_in
@require_GET
def search_saved(request: Request) -> HttpResponse:
    """The saved searches of the side bar, each with how many videos it finds."""
    counts = counts_of_saved(request.user)
    page = SaveButton(shown_search(request), None)
    return render(request, "search/_saved.html", {"counts": counts, "page": page})


def shown_search(request: Request) -> Asked:
    """The search of the page that asks for this fragment."""
    query = urlsplit(request.htmx.current_url or "").query
    return Asked.parse(request.user, QueryDict(query))


@signed_in
@require_POST
def search_save(request: Request) -> HttpResponse:
    """Keep the search `query`, as the search page writes it."""
    asked = Asked.parse(request.user, QueryDict(request.POST.get("query", "")))
    try:
        saved = save_search(owner=request.user, asked=asked)
    except TooManySaved:
        return _refuse(request, asked, _("There is no room for more saved searches. Remove one."))
    if saved is None:
        return _refuse(request, asked, _("This search cannot be saved: it is empty or too long."))
    return _respond(request, asked, saved, _("Search saved."))


@signed_in
@require_POST
def search_forget(request: Request, saved_id: int) -> HttpResponse:
    """Take a search out of the side bar; 404 for somebody else's."""
    saved = get_object_or_404(SavedSearch, owner=request.user, pk=saved_id)
    asked = Asked.parse(request.user, QueryDict(saved.query))
    forget_search(owner=request.user, saved_id=saved_id)
    return _respond(request, asked, None, _("Search no longer saved."))


def _respond(request: Request, asked: Asked, saved: SavedSearch | None, text: str) -> HttpResponse:
    """Show the button and the side bar anew, or lead back to the search."""
    if request.htmx:
        context = {"page": SaveButton(asked, saved)}
        return render(request, "search/_save_answer.html", context)
    messages.success(request, text)
    return lead_on(request, asked.address)


def _refuse(request: Request, asked: Asked, text: str) -> HttpResponse:
    if request.htmx:
        response = respond_with_toast(request, text)
        response["HX-Reswap"] = "none"
        return response
    messages.warning(request, text)
    if asked.words:
        return HttpResponseRedirect(asked.address)
    return HttpResponseRedirect(reverse("search"))
