"""A video's own page."""

from django.conf import settings
from django.http import Http404, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET, require_POST

from videos.access import Request, signed_in, video_of
from videos.cues import from_rows
from videos.models import Transcript, Video
from videos.responses import done, page_or_fragment
from videos.search.on_video import Arrival, hits_by_cue
from videos.text import number_from
from videos.thumbnails import read, type_of
from videos.video_page import paragraphs_of, video_page
from videos.viewings import keep_position, mark_watched

LONGEST = 1_000_000  # seconds
KEPT_BY_BROWSERS = "private, max-age=31536000, immutable"  # a year


@signed_in
@require_GET
def video_detail(request: Request, video_id: int) -> HttpResponse:
    """A video; asked by HTMX only what stands in the place of a transcript that is on its way."""
    video = video_of(request.user, video_id)
    template = page_or_fragment(
        request, page="videos/video_detail.html", fragment="videos/_captions.html"
    )
    page = video_page(
        video,
        request.user,
        list_id=number_from(request.GET.get("list", "")),
        start=number_from(request.GET.get("t", "")) or 0,
    )
    context = {"page": page, "video": video, "arrival": Arrival.parse(request.GET)}
    return render(request, template, context)


@signed_in
@require_POST
def video_position(request: Request, video_id: int) -> HttpResponse:
    """Remember where the person is: `seconds`. With `watched`, 1 or 0, whether they have watched
    it.
    """
    video = video_of(request.user, video_id)
    said = request.POST.get("watched", "")
    if said:
        mark_watched(user=request.user, video=video, watched=said == "1")
        return done(request, video)
    seconds = number_from(request.POST.get("seconds", ""))
    if seconds is None or seconds > LONGEST:
        return HttpResponseBadRequest()
    keep_position(user=request.user, video=video, seconds=seconds)
    return HttpResponse(status=204)


@signed_in
@require_GET
def video_transcript(request: Request, video_id: int) -> HttpResponse:
    """The transcript's text as a fragment, or as a page to read; the words `q` are marked in it."""
    video = video_of(request.user, video_id)
    transcript = get_object_or_404(Transcript, video=video)
    cues = from_rows(transcript.cues)
    hits = hits_by_cue(Arrival.parse(request.GET).words, cues)
    template = page_or_fragment(
        request, page="videos/transcript.html", fragment="videos/_transcript.html"
    )
    return render(
        request,
        template,
        {"video": video, "paragraphs": paragraphs_of(cues, hits), "transcript": transcript},
    )


@signed_in
@require_GET
def video_thumbnail(request: Request, youtube_id: str) -> HttpResponse:
    """The picture that is kept here. By YouTube's id, which no other video ever gets."""
    if not settings.KEEP_THUMBNAILS:
        raise Http404
    get_object_or_404(Video.objects.visible_to(request.user).only("pk"), youtube_id=youtube_id)
    content = read(youtube_id)
    kind = type_of(content)
    if not kind:
        raise Http404
    return HttpResponse(content, content_type=kind, headers={"Cache-Control": KEPT_BY_BROWSERS})
