"""The import dialog: preview and start."""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect, trigger_client_event

from importer.forms import NEW_LIST, ImportForm
from importer.models import Source
from importer.parsing import parse_lines
from importer.services import preview_import, start_import
from videos.access import Request, list_of, signed_in
from videos.models import VideoList
from videos.services import create_list
from videos.views.lists import new_cards_context


@signed_in
def import_create(request: Request, list_id: int | None = None) -> HttpResponse:
    """The dialog as a page of its own; given addresses, the import. A form that names no list means the one of the address."""
    default = list_of(request.user, list_id) if list_id else None
    if request.method != "POST":
        return render(request, "importer/import_form.html", {"form": ImportForm(request.user), "video_list": default})
    form = ImportForm(request.user, request.POST, request.FILES)
    if not form.is_valid():
        template = "importer/_import_form.html" if request.htmx else "importer/import_form.html"
        return render(request, template, {"form": form, "video_list": default}, status=422)
    return _started(request, form, _target(request, form, default))


def _target(request: Request, form: ImportForm, default: VideoList | None) -> VideoList:
    named: VideoList | None = form.cleaned_data["video_list"]
    if form.cleaned_data["new_list"] or not (named or default):
        return create_list(owner=request.user, name=form.cleaned_data["new_list"] or str(NEW_LIST))
    video_list = named or default
    assert video_list is not None
    return video_list


def _started(request: Request, form: ImportForm, video_list: VideoList) -> HttpResponse:
    """Start it. The page that shows this very list gets the new cards and stays; any other one is led to the list."""
    top = video_list.last_position
    start_import(owner=request.user, video_list=video_list, lines=form.lines, source=Source.WEB)
    if not request.htmx:
        return redirect(video_list)
    if request.POST.get("shown") != str(video_list.pk):
        return trigger_client_event(HttpResponseClientRedirect(video_list.get_absolute_url()), "imported", {})
    context: dict[str, Any] = new_cards_context(request, video_list, top)
    return trigger_client_event(render(request, "importer/_imported.html", context), "imported", {})


@signed_in
@require_POST
def import_preview(request: Request) -> HttpResponse:
    """What the text in the dialog would do, while it is being typed."""
    list_id = request.POST.get("video_list", "")
    video_list = list_of(request.user, int(list_id)) if list_id.isdecimal() and len(list_id) < 19 else None
    lines = list(parse_lines(request.POST.get("text", "")))
    preview = preview_import(video_list=video_list, lines=lines) if lines else None
    return render(request, "importer/_preview.html", {"preview": preview})
