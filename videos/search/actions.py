"""What can be done with chosen videos of a search over all lists: as on a list's page.

Chosen are the ids a form names: `video`, as often as there are, or `ids`, separated by commas.
"""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext
from django.views.decorators.http import require_POST
from django_htmx.http import HttpResponseClientRedirect

from videos.access import Request, list_of, signed_in
from videos.changes import NotUndoable
from videos.forms import NAME_LENGTH
from videos.responses import lead_on
from videos.search.selection import (
    Done,
    copy_found,
    entries_to_export,
    gather_in_new_list,
    move_found,
    remove_found,
    tag_found,
    undo_changes,
    untag_found,
)
from videos.streaming import StreamedFile
from videos.tags import TAG_LENGTH
from videos.text import number_from, numbers_from, one_line
from videos.views.changes import respond_with_toast
from videos.views.entries import export_file

MOST_CHOSEN = 2_000  # videos; a search shows fewer
MOST_CHANGES = 500


def chosen_videos(request: Request) -> list[int]:
    """Read the ids of a form; services leave out what the person does not have."""
    ids = request.POST.get("ids", "").split(",") + request.POST.getlist("video")
    return numbers_from(ids)[:MOST_CHOSEN]


@signed_in
@require_POST
def found_remove(request: Request) -> HttpResponse:
    """Take the chosen videos out of all lists."""
    done = remove_found(owner=request.user, video_ids=chosen_videos(request))
    text = ngettext(
        "%(count)d video removed from all lists.",
        "%(count)d videos removed from all lists.",
        done.count,
    )
    return _respond(request, done, text % {"count": done.count}, removed=done.video_ids)


@signed_in
@require_POST
def found_move(request: Request) -> HttpResponse:
    """Move to the list `to`, or with `copy` bring there and keep where they are.

    `to` is "new" for a list that is made, named `new_list`.
    """
    to = request.POST.get("to", "")
    if to == "new":
        return _move_to_new_list(request)
    ids = chosen_videos(request)
    target = list_of(request.user, number_from(to) or 0)
    act = copy_found if _is_copy(request) else move_found
    done = act(owner=request.user, target=target, video_ids=ids)
    return _respond_moved(request, done, target.name)


def _move_to_new_list(request: Request) -> HttpResponse:
    name = one_line(request.POST.get("new_list", ""), NAME_LENGTH)
    if not name:
        return respond(request, _("A list needs a name."))
    ids = chosen_videos(request)
    copy = _is_copy(request)
    done = gather_in_new_list(owner=request.user, name=name, video_ids=ids, copy=copy)
    return _respond_moved(request, done, name)


def _is_copy(request: Request) -> bool:
    return bool(request.POST.get("copy"))


def _respond_moved(request: Request, done: Done, name: str) -> HttpResponse:
    text = _moved(done.count)
    if _is_copy(request):
        text = _copied(done.count)
    return _respond(request, done, text % {"count": done.count, "name": name})


def _copied(count: int) -> str:
    return ngettext(
        "%(count)d video is now in “%(name)s” too.",
        "%(count)d videos are now in “%(name)s” too.",
        count,
    )


def _moved(count: int) -> str:
    return ngettext(
        "%(count)d video is now in “%(name)s”.",
        "%(count)d videos are now in “%(name)s”.",
        count,
    )


@signed_in
@require_POST
def found_tag(request: Request) -> HttpResponse:
    """Give the chosen videos the tag `tag`, or with `take` take it away."""
    name = one_line(request.POST.get("tag", ""), TAG_LENGTH)
    if not name:
        return respond(request, _("A tag needs a name."))
    ids = chosen_videos(request)
    if request.POST.get("take"):
        done = untag_found(owner=request.user, video_ids=ids, name=name)
        text = _untagged(done.count)
    else:
        done = tag_found(owner=request.user, video_ids=ids, name=name)
        text = _tagged(done.count)
    return _respond(request, done, text % {"count": done.count, "name": name})


def _untagged(count: int) -> str:
    return ngettext(
        "Tag “%(name)s” removed from %(count)d video.",
        "Tag “%(name)s” removed from %(count)d videos.",
        count,
    )


def _tagged(count: int) -> str:
    return ngettext(
        "%(count)d video is tagged “%(name)s”.",
        "%(count)d videos are tagged “%(name)s”.",
        count,
    )


@signed_in
@require_POST
def found_export(request: Request) -> StreamedFile:
    """The chosen videos as a file, in the formats that a list is exported in."""
    entries = entries_to_export(owner=request.user, video_ids=chosen_videos(request))
    return export_file(
        entries,
        title=pgettext("page", "Search"),
        name="search",
        export_format=request.POST.get("format", ""),
    )


@signed_in
@require_POST
def found_undo(request: Request) -> HttpResponse:
    """Undo the changes that the address names. The page shows the search anew."""
    ids = numbers_from(request.GET.get("changes", "").split(",")[:MOST_CHANGES])
    try:
        undo_changes(owner=request.user, change_ids=ids)
    except NotUndoable:
        return respond(request, _("That can no longer be undone."))
    messages.success(request, _("Undone."))
    if request.htmx:
        return HttpResponseClientRedirect(request.htmx.current_url_abs_path or "/")
    return lead_on(request, "search")


def respond(
    request: Request, text: str, *, undo: str = "", removed: Sequence[int] = ()
) -> HttpResponse:
    """Say what was done: as a toast, or after a redirect."""
    if request.htmx:
        return respond_with_toast(request, text, undo=undo, removed=removed)
    messages.success(request, text, extra_tags=undo)
    return lead_on(request, "search")


def _respond(
    request: Request, done: Done, text: str, *, removed: Sequence[int] = ()
) -> HttpResponse:
    """Say what was done and offer to undo it in all lists at once."""
    undo = ""
    if done.changes:
        undo = _undo_address(done)
    return respond(request, text, undo=undo, removed=removed)


def _undo_address(done: Done) -> str:
    ids = ",".join(str(change.pk) for change in done.changes)
    return f"{reverse('search_undo')}?changes={ids}"
