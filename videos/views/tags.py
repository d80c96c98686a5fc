"""A person's tags: all of them with how often each is used, renamed, merged, deleted."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from videos.access import Request, signed_in
from videos.models import Tag
from videos.tags import TAG_LENGTH, TagExists, delete_tag, rename_tag
from videos.text import one_line

MOST_SUGGESTED = 500


@signed_in
@require_GET
def tag_list(request: Request) -> HttpResponse:
    """The tags by name. One query, counted on the index of the entries' tags."""
    in_sight = Count("entries", filter=Q(entries__video_list__deleted_at=None))
    tags = Tag.objects.filter(owner=request.user).annotate(count=in_sight)
    return render(request, "videos/tag_list.html", {"tags": tags})


@signed_in
@require_GET
def tag_names(request: Request) -> HttpResponse:
    """What the fields for tags suggest. One query."""
    names = Tag.objects.filter(owner=request.user).values_list("name", flat=True)
    return render(request, "videos/_tag_names.html", {"names": names[:MOST_SUGGESTED]})


@signed_in
@require_POST
def tag_rename(request: Request, tag_id: int) -> HttpResponse:
    """Give the tag another name; where there is one of this name, merge the two with `merge`, or
    ask.
    """
    tag = get_object_or_404(Tag, owner=request.user, pk=tag_id)
    name = one_line(request.POST.get("name", ""), TAG_LENGTH)
    if not name:
        messages.warning(request, _("A tag needs a name."))
        return redirect("tag_list")
    try:
        rename_tag(tag=tag, name=name, merge=bool(request.POST.get("merge")))
    except TagExists as exists:
        context = {"tag": tag, "other": exists.tag}
        return render(request, "videos/tag_merge.html", context, status=409)
    messages.success(request, _("The tag is now “%(name)s”.") % {"name": name})
    return redirect("tag_list")


@signed_in
@require_POST
def tag_delete(request: Request, tag_id: int) -> HttpResponse:
    """Take the tag from all entries. Each list gets a change that can be undone."""
    tag = get_object_or_404(Tag, owner=request.user, pk=tag_id)
    delete_tag(tag=tag)
    text = _("Tag “%(name)s” deleted. This can be undone for a day.") % {"name": tag.name}
    messages.success(request, text)
    return redirect("change_list")
