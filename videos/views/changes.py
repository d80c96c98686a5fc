"""What was done to entries, said with a way to undo it, and the page of what was done lately."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from videos.access import Request, signed_in
from videos.changes import NotUndoable, recent_changes, undo_change
from videos.contexts import list_page
from videos.models import Change, VideoList
from videos.responses import lead_on, next_url
from videos.services import deleted_lists

SHOWN_CHANGES = 100


@signed_in
@require_GET
def change_list(request: Request) -> HttpResponse:
    """What the person did lately that can still be undone: changes of entries, deleted lists."""
    now = timezone.now()
    context = {
        "changes": recent_changes(request.user, now=now)[:SHOWN_CHANGES],
        "deleted_lists": deleted_lists(request.user),
    }
    return render(request, "videos/change_list.html", context)


@signed_in
@require_POST
def change_undo(request: Request, change_id: int) -> HttpResponse:
    """Bring back the state before the change. A page that shows a list gets its results anew."""
    try:
        change = undo_change(owner=request.user, change_id=change_id)
    except NotUndoable:
        return respond_too_late(request)
    shown_list = list_shown_by(request)
    if not request.htmx or shown_list is None:
        messages.success(request, _("Undone."))
        return redirect_after_undo(request, change.video_list)
    return respond_with_results(request, shown_list)


def respond_with_results(request: Request, shown_list: VideoList) -> HttpResponse:
    """Show the results of the page that sent this request anew, and have them counted."""
    query = QueryDict((request.htmx.current_url or "").partition("?")[2])
    page = list_page(shown_list, query, table=request.COOKIES.get("view") == "table")
    context = {"page": page, "video_list": shown_list}
    response = render(request, "videos/_results.html", context)
    return trigger_client_event(response, "recount", {})


def respond_too_late(request: Request) -> HttpResponse:
    """Say that the change can no longer be undone."""
    text = _("That can no longer be undone.")
    if request.htmx:
        return respond_with_toast(request, text)
    messages.warning(request, text)
    return lead_on(request, "change_list")


def redirect_after_undo(request: Request, video_list: VideoList) -> HttpResponse:
    """Redirect to the page the person was on, else to the list of the change."""
    where = next_url(request) or video_list.get_absolute_url()
    if not request.htmx:
        return HttpResponseRedirect(where)
    if shows_all_lists(request):
        where = request.htmx.current_url_abs_path or where
    return HttpResponseClientRedirect(where)


def shows_all_lists(request: Request) -> bool:
    """Return whether a page of all lists sent this: it is shown anew where it is."""
    path = urlsplit(request.htmx.current_url or "").path
    return path in (reverse("search"), reverse("video_list"))


def list_shown_by(request: Request) -> VideoList | None:
    """The list whose page sent this request, if it was the page of one of the person's lists."""
    if not request.htmx:
        return None
    try:
        match = resolve(urlsplit(request.htmx.current_url or "").path)
    except Resolver404:
        return None
    if match.url_name != "list_detail":
        return None
    return VideoList.objects.owned_by(request.user).filter(pk=match.kwargs["list_id"]).first()


def respond_with_undo(
    request: Request, change: Change, text: str, *, removed: Iterable[int] = ()
) -> HttpResponse:
    """Say what was done and offer to undo it: as a toast, or after a redirect."""
    undo = ""
    if change.count:
        undo = reverse("change_undo", args=[change.pk])
    if not request.htmx:
        messages.success(request, text, extra_tags=undo)
        return lead_on(request, change.video_list)
    return respond_with_toast(request, text, undo=undo, removed=removed)


def respond_with_text(request: Request, video_list: VideoList, text: str) -> HttpResponse:
    """Say what was done that cannot be undone: as a toast, or after a redirect."""
    if request.htmx:
        return respond_with_toast(request, text)
    messages.success(request, text)
    return lead_on(request, video_list)


def respond_with_toast(
    request: Request, text: str, *, undo: str = "", removed: Iterable[int] = ()
) -> HttpResponse:
    """Show the text, clear the selection, and take the removed videos' cards off the page."""
    response = render(request, "videos/_done.html", {"text": text, "undo": undo})
    trigger_client_event(response, "selection-done", {})
    trigger_client_event(response, "recount", {})
    return trigger_client_event(response, "entries-removed", {"ids": list(removed)})
