"""A video's own page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from videos.access import Request, signed_in, video_of
from videos.models import VideoList


@signed_in
@require_GET
def video_detail(request: Request, video_id: int) -> HttpResponse:
    video = video_of(request.user, video_id)
    in_lists = VideoList.objects.owned_by(request.user).filter(entries__video=video)
    return render(request, "videos/video_detail.html", {"video": video, "in_lists": in_lists})
