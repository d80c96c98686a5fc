"""The playlists and channels a list follows."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_POST

from importer.following import services as following
from importer.following.access import follow_of
from importer.following.models import Rhythm
from importer.following.queries import follows_of, gone_from
from videos.access import Request, list_of, signed_in
from videos.models import VideoList

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
    form = FollowForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid() and _started(form, video_list):
        messages.success(request, _("Following. Existing videos are being imported."))
        return redirect("follow_list", video_list.pk)
    context = {"video_list": video_list, "form": form, "follows": follows_of(video_list)}
    return render(request, "importer/follow_list.html", context, status=422 if form.errors else 200)


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


@signed_in
@require_GET
def follow_detail(request: Request, list_id: int, follow_id: int) -> HttpResponse:
    """What has gone from it."""
    follow = follow_of(request.user, list_id, follow_id)
    video_list = follow.video_list
    page = Paginator(
        follow.videos.exclude(gone_since=None).order_by("-gone_since", "-pk"), GONE_PER_PAGE
    ).get_page(request.GET.get("page"))
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
    return redirect("follow_list", list_id)


@signed_in
@require_POST
def follow_end(request: Request, list_id: int, follow_id: int) -> HttpResponse:
    following.stop_following(follow=follow_of(request.user, list_id, follow_id))
    messages.success(request, _("No longer followed. The videos stay in the list."))
    return redirect("follow_list", list_id)
