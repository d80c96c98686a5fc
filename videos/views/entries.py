"""What can be done with the chosen videos of a list.

Chosen are the ids a form names: `video`, as often as there are, or `ids`, separated by commas, as
the page sends them. A program may send `all` instead, with the filters as `query`.
"""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import (
    HttpResponse,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from videos.access import Request, list_of, signed_in, video_of
from videos.exports import entries_as_csv, entries_as_json
from videos.filters import Filters
from videos.forms import NAME_LENGTH
from videos.models import ListEntry, VideoList
from videos.queries import entries_of
from videos.responses import done
from videos.selection import (
    copy_entries,
    move_entries,
    move_to_new_list,
    note_entry,
    remove_with_undo,
    tag_entries,
    untag_entries,
)
from videos.streaming import StreamedFile
from videos.tags import TAG_LENGTH
from videos.text import number_from, numbers_from, one_line, storable
from videos.transcript_files import WRITERS, entries_as_markdown, transcripts_as_zip
from videos.views.changes import respond_with_text, respond_with_undo

NOTE_LENGTH = 10_000
MAX_TAGS = 30


def chosen_ids(request: Request, video_list: VideoList) -> list[int]:
    """The videos a form names. What is not in the list falls out later, in the service."""
    if request.POST.get("all"):
        entries = entries_of(video_list, _posted_filters(request))
        return list(entries.values_list("video_id", flat=True))
    words = request.POST.get("ids", "").split(",") + request.POST.getlist("video")
    return numbers_from(words)


def _posted_filters(request: Request) -> Filters:
    return Filters.parse(QueryDict(request.POST.get("query", "")))


@signed_in
@require_GET
def entry_ids(request: Request, list_id: int) -> JsonResponse:
    """The ids of all videos that the filters of the query show, for "Select all". One query."""
    video_list = list_of(request.user, list_id)
    entries = entries_of(video_list, Filters.parse(request.GET))
    return JsonResponse({"ids": list(entries.values_list("video_id", flat=True))})


@signed_in
@require_POST
def entry_remove(request: Request, list_id: int) -> HttpResponse:
    video_list = list_of(request.user, list_id)
    ids = chosen_ids(request, video_list)
    change = remove_with_undo(video_list=video_list, video_ids=ids)
    text = ngettext("%(count)d video removed.", "%(count)d videos removed.", change.count)
    return respond_with_undo(request, change, text % {"count": change.count}, removed=ids)


@signed_in
@require_POST
def entry_move(request: Request, list_id: int) -> HttpResponse:
    """Move to the list `to`, or with `copy` bring there and keep here.

    `to` is "new" for a list that is made, named `new_list`.
    """
    video_list = list_of(request.user, list_id)
    ids = chosen_ids(request, video_list)
    to = request.POST.get("to", "")
    copy = bool(request.POST.get("copy"))
    if to == "new":
        name = one_line(request.POST.get("new_list", ""), NAME_LENGTH)
        if not name:
            return respond_with_text(request, video_list, _("A list needs a name."))
        change = move_to_new_list(video_list=video_list, name=name, video_ids=ids, copy=copy)
    else:
        target = list_of(request.user, number_from(to) or 0)
        act = copy_entries if copy else move_entries
        change = act(video_list=video_list, target=target, video_ids=ids)
        name = target.name
    removed: list[int] = []
    if change.count and not copy:
        removed = ids
    text = _moved_text(change.count, name, copy=copy)
    return respond_with_undo(request, change, text, removed=removed)


def _moved_text(count: int, name: str, *, copy: bool) -> str:
    text = ngettext(
        "%(count)d video is now in “%(name)s”.",
        "%(count)d videos are now in “%(name)s”.",
        count,
    )
    if copy:
        text = ngettext(
            "%(count)d video is now in “%(name)s” too.",
            "%(count)d videos are now in “%(name)s” too.",
            count,
        )
    return text % {"count": count, "name": name}


@signed_in
@require_POST
def entry_tag(request: Request, list_id: int) -> HttpResponse:
    """Give the chosen videos the tag `tag`, or with `take` take it away."""
    video_list = list_of(request.user, list_id)
    name = one_line(request.POST.get("tag", ""), TAG_LENGTH)
    if not name:
        return respond_with_text(request, video_list, _("A tag needs a name."))
    ids = chosen_ids(request, video_list)
    if request.POST.get("take"):
        change = untag_entries(video_list=video_list, video_ids=ids, name=name)
        text = ngettext(
            "Tag “%(name)s” removed from %(count)d video.",
            "Tag “%(name)s” removed from %(count)d videos.",
            change.count,
        )
    else:
        change = tag_entries(video_list=video_list, video_ids=ids, name=name)
        text = ngettext(
            "%(count)d video is tagged “%(name)s”.",
            "%(count)d videos are tagged “%(name)s”.",
            change.count,
        )
    return respond_with_undo(request, change, text % {"count": change.count, "name": name})


@signed_in
@require_POST
def entry_note(request: Request, list_id: int, video_id: int) -> HttpResponse:
    """The note and the tags (`tags`, with commas between them) of one entry."""
    video = video_of(request.user, video_id)
    entry = get_object_or_404(ListEntry, video_list=list_of(request.user, list_id), video=video)
    note_entry(
        entry=entry,
        note=storable(request.POST.get("note", ""), NOTE_LENGTH),
        tags=_tag_names(request.POST.get("tags", "")),
    )
    messages.success(request, _("Note saved."))
    return done(request, entry.video, note_kept={})


def _tag_names(text: str) -> list[str]:
    """The first MAX_TAGS names by alphabet, each once."""
    names = set()
    for word in text.split(","):
        name = one_line(word, TAG_LENGTH)
        if name:
            names.add(name)
    return sorted(names)[:MAX_TAGS]


# Export -------------------------------------------------------------------------------------------


@signed_in
@require_POST
def entry_export(request: Request, list_id: int) -> StreamedFile:
    """The chosen videos, or the whole list when none is, as `format`: csv, json, md, or a zip of
    their transcripts (txt.zip, srt.zip, vtt.zip, md.zip).
    """
    video_list = list_of(request.user, list_id)
    entries = video_list.entries.order_by("-position")
    if request.POST.get("all"):
        entries = entries.filter(_posted_filters(request).condition())
    elif ids := chosen_ids(request, video_list):
        entries = entries.filter(video_id__in=ids)
    return export_file(
        entries,
        title=video_list.name,
        name=f"list-{video_list.pk}",
        export_format=request.POST.get("format", ""),
    )


def export_file(
    entries: QuerySet[ListEntry], *, title: str, name: str, export_format: str
) -> StreamedFile:
    """The file `name` with these entries; CSV for a format that there is none of."""
    kind, dot, ending = export_format.partition(".")
    if dot and ending == "zip" and kind in WRITERS:
        return StreamedFile(
            transcripts_as_zip(entries, kind=kind),
            content_type="application/zip",
            filename=f"{name}-{kind}.zip",
        )
    if export_format == "json":
        return StreamedFile(
            entries_as_json(entries, name=title),
            content_type="application/json",
            filename=f"{name}.json",
        )
    if export_format == "md":
        return StreamedFile(
            entries_as_markdown(entries, name=title),
            content_type="text/markdown; charset=utf-8",
            filename=f"{name}.md",
        )
    return StreamedFile(
        entries_as_csv(entries),
        content_type="text/csv; charset=utf-8",
        filename=f"{name}.csv",
    )
