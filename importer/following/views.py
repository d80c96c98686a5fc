"""The playlists and channels a list follows."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.forms.models import model_to_dict
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from importer.following import services as following
from importer.following.access import follow_of
from importer.following.models import Follow, Rhythm
from importer.following.queries import all_follows, follows_of, gone_from
from videos.access import Request, list_of, signed_in
from videos.forms import form_status, posted
from videos.models import VideoList
from videos.responses import lead_on

GONE_PER_PAGE = 100


class FollowForm(forms.Form):
    address = forms.CharField(
        label=gettext_lazy("Address of a playlist or channel"), max_length=2000
    )
    every_hours = forms.TypedChoiceField(
        label=gettext_lazy("Check for new videos"),
        choices=Rhythm.choices,
        coerce=int,
        initial=Rhythm.DAILY,
    )


@signed_in
def follow_list(request: Request, list_id: int) -> HttpResponse:
    """What the list follows; one more with POST."""
    video_list = list_of(request.user, list_id)
    form = FollowForm(posted(request))
    if request.method == "POST" and form.is_valid() and _started(form, video_list):
        messages.success(request, _("Following. Existing videos are being imported."))
        return redirect("follow_list", video_list.pk)
    context = {"video_list": video_list, "form": form, "follows": follows_of(video_list)}
    return render(request, "importer/follow_list.html", context, status=form_status(form))


def _started(form: FollowForm, video_list: VideoList) -> bool:
    """False with the reason on the form."""
    given: Any = form.cleaned_data
    try:
        following.start_following(
            video_list=video_list, text=given["address"], every_hours=given["every_hours"]
        )
    except following.NotFollowed as refused:
        form.add_error("address", str(refused))
        return False
    return True


class FilterForm(forms.Form):
    """Which new videos come; empty fields let all in."""

    title_words = forms.CharField(
        label=gettext_lazy("Only with one of these words in the title"),
        required=False,
        max_length=200,
    )
    shortest = forms.IntegerField(
        label=gettext_lazy("At least this many minutes"),
        required=False,
        min_value=0,
        max_value=10_000,
    )
    longest = forms.IntegerField(
        label=gettext_lazy("At most this many minutes"),
        required=False,
        min_value=0,
        max_value=10_000,
    )
    without_shorts = forms.BooleanField(
        label=gettext_lazy("Without Shorts (up to three minutes)"), required=False
    )

    @property
    def is_open(self) -> bool:
        """Whether the page shows the fields at once: something is chosen, or wrong."""
        return bool(self.errors) or any(self.initial.values())

    @classmethod
    def of(cls, follow: Follow, data: Any = None) -> FilterForm:
        """With what is chosen now; its fields have ids of their own on a page of many."""
        names = ("title_words", "shortest", "longest", "without_shorts")
        initial = model_to_dict(follow, fields=names)
        return cls(data, initial=initial, auto_id=f"follow-{follow.pk}-%s")


@signed_in
@require_GET
def follow_index(request: Request) -> HttpResponse:
    """All that the person follows, over all lists."""
    follows = []
    for follow in all_follows(request.user):
        follows.append((follow, FilterForm.of(follow)))
    return render(request, "importer/follow_index.html", {"follows": follows})


@signed_in
@require_POST
def follow_filters(request: Request, list_id: int, follow_id: int) -> HttpResponse:
    follow = follow_of(request.user, list_id, follow_id)
    form = FilterForm.of(follow, request.POST)
    if not form.is_valid():
        return render(
            request, "importer/follow_index.html", {"follows": [(follow, form)]}, status=422
        )
    following.choose_filters(follow=follow, **form.cleaned_data)
    messages.success(request, _("Saved. It counts from the next check on."))
    return lead_on(request, "follow_index")


@signed_in
@require_GET
def follow_detail(request: Request, list_id: int, follow_id: int) -> HttpResponse:
    """What has gone from it."""
    follow = follow_of(request.user, list_id, follow_id)
    video_list = follow.video_list
    gone = follow.videos.exclude(gone_since=None).order_by("-gone_since", "-pk")
    page = Paginator(gone, GONE_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "video_list": video_list,
        "follow": follow,
        "page": page,
        "gone": gone_from(video_list, page.object_list),
    }
    return render(request, "importer/follow_detail.html", context)


@signed_in
@require_POST
def follow_check(request: Request, list_id: int, follow_id: int) -> HttpResponse:
    if following.check_now(follow=follow_of(request.user, list_id, follow_id)):
        messages.success(request, _("Checking in a moment."))
    else:
        messages.info(request, _("This was checked a moment ago."))
    return lead_on(request, "follow_list", list_id)


@signed_in
@require_POST
def follow_end(request: Request, list_id: int, follow_id: int) -> HttpResponse:
    following.stop_following(follow=follow_of(request.user, list_id, follow_id))
    messages.success(request, _("No longer followed. The videos stay in the list."))
    return lead_on(request, "follow_list", list_id)
