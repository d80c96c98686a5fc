"""A video's own page."""

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from videos.access import Request, signed_in, video_of
from videos.contexts import paragraphs_of, video_page
from videos.models import Transcript


@signed_in
@require_GET
def video_detail(request: Request, video_id: int) -> HttpResponse:
    """A video; asked by HTMX only what stands in the place of a transcript that is on its way."""
    video = video_of(request.user, video_id)
    template = "videos/_captions.html" if request.htmx else "videos/video_detail.html"
    return render(request, template, {"page": video_page(video, request.user), "video": video})


@signed_in
@require_GET
def video_transcript(request: Request, video_id: int) -> HttpResponse:
    """The transcript's text as a fragment, or as a page to read."""
    video = video_of(request.user, video_id)
    transcript = get_object_or_404(Transcript, video=video)
    template = "videos/_transcript.html" if request.htmx else "videos/transcript.html"
    return render(
        request,
        template,
        {"video": video, "paragraphs": paragraphs_of(transcript), "transcript": transcript},
    )
