"""The user's lists: their pages and fragments, and what can be done with them."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import HttpResponseClientRedirect

from videos import services
from videos.access import Request, list_of, signed_in
from videos.contexts import cards_of, list_page, where_of
from videos.filters import Filters
from videos.forms import ListForm, form_status, posted
from videos.models import VideoList
from videos.queries import PAGE_SIZE, entries_newer_than, list_summaries, with_video
from videos.responses import page_or_fragment
from videos.sidebar import counted_facets
from videos.text import number_from, numbers_from

VIEW_COOKIE = "view"
A_YEAR = 365 * 24 * 3600


@signed_in
@require_GET
def list_index(request: Request) -> HttpResponse:
    """The list that changed last, or the invitation to make the first one."""
    newest = VideoList.objects.owned_by(request.user).order_by("-updated_at", "-pk").first()
    if newest is None:
        return render(request, "videos/list_index.html")
    return redirect(newest)


@signed_in
@require_GET
def list_detail(request: Request, list_id: int) -> HttpResponse:
    """A list; asked by HTMX only its results, and below a cursor only the next cards."""
    video_list = list_of(request.user, list_id)
    chosen = request.GET.get("view")
    table = (chosen or request.COOKIES.get(VIEW_COOKIE)) == "table"
    counted = asks_for_counts(request)
    page = list_page(video_list, request.GET, table=table, counted=counted)
    context = {"page": page, "video_list": video_list}
    if request.htmx and request.GET.get("before"):
        return render(request, "videos/_cards.html", context)
    template = page_or_fragment(
        request, page="videos/list_detail.html", fragment="videos/_search_answer.html"
    )
    response = render(request, template, context)
    return keep_view(response, chosen)


def keep_view(response: HttpResponse, chosen: str | None) -> HttpResponse:
    """Remember whether the person wants cards or a table."""
    if chosen in {"table", "cards"}:
        response.set_cookie(VIEW_COOKIE, chosen, max_age=A_YEAR, samesite="Lax", httponly=True)
    return response


@signed_in
@require_GET
def list_cards(request: Request, list_id: int) -> HttpResponse:
    """The cards of `ids` as they are now, or with `since` those above that position: all of them,
    or the first page when they are more.
    """
    video_list = list_of(request.user, list_id)
    if since := request.GET.get("since"):
        return new_cards(request, video_list, number_from(since) or 0)
    entries = with_video(video_list.entries.filter(video_id__in=asked_ids(request)))
    cards = cards_of(entries, table=shows_table(request))
    return render(request, "videos/_cards_alone.html", {"cards": cards, "video_list": video_list})


def asked_ids(request: Request) -> list[int]:
    """Return the videos that the query names, no more than a page has."""
    return numbers_from(request.GET.get("ids", "").split(",")[:PAGE_SIZE])


def new_cards(request: Request, video_list: VideoList, position: int) -> HttpResponse:
    if not entries_newer_than(video_list, position):
        return HttpResponse(status=204)
    context = new_cards_context(request, video_list, position)
    return render(request, "videos/_new_cards.html", context)


def new_cards_context(request: Request, video_list: VideoList, position: int) -> dict[str, object]:
    """What `_new_cards.html` shows: the cards to put on top of the list, or its first page when
    there are too many.
    """
    entries = entries_newer_than(video_list, position)
    table = shows_table(request)
    if len(entries) > PAGE_SIZE or position == 0:
        return {
            "page": list_page(video_list, {}, table=table),
            "video_list": video_list,
            "whole": True,
        }
    cards = cards_of(entries, table=table)
    return {"cards": cards, "video_list": video_list, "whole": False}


def shows_table(request: Request) -> bool:
    """Whether this person's lists are shown as tables."""
    return request.COOKIES.get(VIEW_COOKIE) == "table"


def asks_for_counts(request: Request) -> bool:
    """Whether the page itself brings the filters' counts: without JavaScript nothing asks later."""
    return "counts" in request.GET and not request.htmx


@signed_in
@require_GET
def list_facets(request: Request, list_id: int) -> HttpResponse:
    """The side bar's filters with their counts, which the page asks for after it is there."""
    video_list = list_of(request.user, list_id)
    filters = Filters.parse(request.GET)
    return render(
        request,
        "videos/_facets.html",
        {
            "facets": counted_facets(video_list, filters),
            "where": where_of(video_list),
            "video_list": video_list,
            "filters": filters,
        },
    )


@signed_in
def list_create(request: Request) -> HttpResponse:
    form = ListForm(posted(request))
    if not form.is_valid():
        return _form(request, form, _("New list"), _("Create"))
    name = form.cleaned_data["name"]
    return _go(request, services.create_list(owner=request.user, name=name))


@signed_in
def list_rename(request: Request, list_id: int) -> HttpResponse:
    video_list = list_of(request.user, list_id)
    form = ListForm.renaming(video_list, posted(request))
    if not form.is_valid():
        return _form(request, form, _("Rename list"), _("Rename"))
    name = form.cleaned_data["name"]
    return _go(request, services.rename_list(video_list=video_list, name=name))


def _form(request: Request, form: ListForm, title: str, verb: str) -> HttpResponse:
    template = page_or_fragment(
        request, page="videos/list_form.html", fragment="videos/_list_form.html"
    )
    context = {"form": form, "title": title, "verb": verb, "action": request.path}
    return render(request, template, context, status=form_status(form))


def _go(request: Request, video_list: VideoList) -> HttpResponse:
    """To the list that was made or renamed. Says so when another one has the same name."""
    own = VideoList.objects.owned_by(request.user)
    if own.filter(name=video_list.name).exclude(pk=video_list.pk).exists():
        text = _("You have another list named “%(name)s”.") % {"name": video_list.name}
        messages.warning(request, text)
    if request.htmx:
        return HttpResponseClientRedirect(video_list.get_absolute_url())
    return redirect(video_list)


@signed_in
def list_delete(request: Request, list_id: int) -> HttpResponse:
    """Asks first, and says how many videos the list has; the page that follows offers the way
    back.
    """
    video_list = list_of(request.user, list_id)
    if request.method == "POST":
        return _delete(request, video_list)
    context = {"video_list": video_list, "count": _count_of(request, video_list)}
    template = page_or_fragment(
        request, page="videos/list_delete.html", fragment="videos/_list_delete.html"
    )
    return render(request, template, context)


def _delete(request: Request, video_list: VideoList) -> HttpResponse:
    services.delete_list(video_list=video_list)
    text = _("“%(name)s” is deleted.") % {"name": video_list.name}
    undo = reverse("list_restore", args=[video_list.pk])
    messages.success(request, text, extra_tags=undo)
    if request.htmx:
        return HttpResponseClientRedirect(reverse("list_index"))
    return redirect("list_index")


def _count_of(request: Request, video_list: VideoList) -> int:
    for summary in list_summaries(request.user):
        if summary.id == video_list.pk:
            return summary.count
    raise Http404  # deleted at this very moment


@signed_in
@require_POST
def list_restore(request: Request, list_id: int) -> HttpResponse:
    video_list = services.restore_list(owner=request.user, list_id=list_id)
    if video_list is None:
        messages.warning(request, _("That can no longer be undone."))
        return redirect("list_index")
    messages.success(request, _("“%(name)s” is back.") % {"name": video_list.name})
    return redirect(video_list)
