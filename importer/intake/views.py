"""The import dialog: preview and start; and how other pages and apps open it."""

from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render, resolve_url
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect, reswap, trigger_client_event

from importer.imports.models import Source
from importer.imports.plans import ImportReport
from importer.imports.quotas import ImportRefused
from importer.imports.signals import follow_wanted
from importer.intake.bookmarklets import bookmarklets_for
from importer.intake.contexts import preview_of
from importer.intake.forms import NEW_LIST, ImportForm
from importer.intake.uploads import plan_uploads
from importer.parsing import has_usable, parse_lines
from importer.parsing.ids import VIDEO_ID
from videos.access import KEPT, Request, list_of, signed_in
from videos.models import VideoList
from videos.responses import page_or_fragment
from videos.views.lists import new_cards_context


@signed_in
def import_create(request: Request, list_id: int | None = None) -> HttpResponse:
    """The dialog as a page of its own; given addresses, the import.

    Asked for by an address, it is filled in and nothing is written.
    """
    default = list_of(request.user, list_id) if list_id else None
    if request.method != "POST":
        return _page(request, _handed_over(request), default or newest_list(request.user))
    form = ImportForm(request.user, request.POST, request.FILES)
    if not form.is_valid():
        return _page(request, form, default, status=422)
    if "preview" in request.POST:
        return _page(request, form, default)
    try:
        return _started(request, form, form.target(default))
    except ImportRefused as refused:
        form.add_error(None, refused.text)
        return _page(request, form, default, status=422)


@signed_in
@require_POST
def import_preview(request: Request) -> HttpResponse:
    """What the dialog as it is would do, while it is being filled in."""
    form = ImportForm(request.user, request.POST, request.FILES)
    form.is_valid()
    context = {"form": form, "preview": preview_of(form, form.target(None))}
    return render(request, "importer/_preview.html", context)


@signed_in
@require_GET
def bookmarklets(request: Request) -> HttpResponse:
    """Show how to import from other pages and apps: by bookmarks, and a phone's share menu."""
    page = request.build_absolute_uri("/import/")
    context = {"bookmarklets": bookmarklets_for(page)}
    return render(request, "importer/bookmarklets.html", context)


def _handed_over(request: Request) -> ImportForm:
    """Fill in what was kept at the sign-in, or what another page gives."""
    text = request.session.pop(KEPT, "") or shared_text(request.GET)
    return ImportForm(request.user, initial={"text": text})


def newest_list(user: Any) -> VideoList | None:
    """The list that changed last."""
    return VideoList.objects.owned_by(user).order_by("-updated_at", "-pk").first()


def shared_text(given: QueryDict) -> str:
    """What another page or app hands over: addresses, ids, texts, titles, each as often as it
    likes. A title counts if it names a video.
    """
    parts = [*given.getlist("url"), *given.getlist("text")]
    for title in given.getlist("title"):
        if has_usable(parse_lines(title)):
            parts.append(title)
    for ids in given.getlist("v"):
        parts.extend(_addresses_of(ids))
    return "\n".join(filter(None, parts))


def _addresses_of(ids: str) -> Iterator[str]:
    for youtube_id in ids.split(","):
        if VIDEO_ID.fullmatch(youtube_id):
            yield f"https://youtu.be/{youtube_id}"


def _page(
    request: Request, form: ImportForm, video_list: VideoList | None, status: int = 200
) -> HttpResponse:
    template = page_or_fragment(
        request, page="importer/import_form.html", fragment="importer/_import_form.html"
    )
    target = video_list or VideoList(owner=request.user, name=str(NEW_LIST))
    if form.is_bound:
        target = form.target(video_list)
    context = {
        "form": form,
        "preview": preview_of(form, target),
        "video_list": video_list,
        "target": target,
        "own_page": True,
    }
    return render(request, template, context, status=status)


def _started(request: Request, form: ImportForm, target: VideoList) -> HttpResponse:
    """Start it.

    The page that shows this very list gets the new cards and stays; any other one is led to where
    the videos are.
    """
    top = target.last_position
    plans = plan_uploads(
        owner=request.user,
        video_list=target,
        files=form.uploads,
        lines=form.lines,
        source=Source.WEB,
        wanted_groups=form.groups,
    )
    reports = [plan.start() for plan in plans]
    if form.cleaned_data["follow"]:
        _follow(request, form, target)
    if not request.htmx:
        return redirect(_where(request, reports))
    response: HttpResponse
    if len(reports) == 1 and request.POST.get("shown") == str(reports[0].batch.video_list_id):
        response = _new_cards(request, reports[0].batch.video_list, top)
    else:
        response = HttpResponseClientRedirect(_where(request, reports))
    return trigger_client_event(response, "imported", {})


def _new_cards(request: Request, video_list: VideoList, top: int) -> HttpResponse:
    """Answer with the cards above position `top`."""
    context: dict[str, Any] = new_cards_context(request, video_list, top)
    response = render(request, "importer/_imported.html", context)
    return reswap(response, "none")  # the form stays for the next import


def _follow(request: Request, form: ImportForm, target: VideoList) -> None:
    """Keep following the playlists and channels that were pasted."""
    answers: list[tuple[Any, Any]] = follow_wanted.send(
        sender=ImportForm, video_list=target, lines=form.lines
    )
    count = 0
    for _receiver, followed in answers:
        count += followed
    text = ngettext(
        "%(count)d playlist or channel is followed.",
        "%(count)d playlists and channels are followed.",
        count,
    )
    messages.success(request, text % {"count": count})


def _where(request: Request, reports: list[ImportReport]) -> str:
    if len(reports) == 1:
        return reports[0].batch.video_list.get_absolute_url()
    messages.success(request, _("%(count)s lists are being filled.") % {"count": len(reports)})
    return resolve_url("list_index")
