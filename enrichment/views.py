"""What a person does about captions: have them fetched again, give a transcript, remove one."""

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST
from django_htmx.http import HttpResponseClientRedirect

from enrichment.forms import TranscriptForm
from enrichment.services import (
    TranscriptKept,
    fetch_captions_again,
    keep_transcript,
    refresh_videos,
    remove_transcript,
)
from videos.access import Request, list_of, signed_in, video_of
from videos.chunks import chunks
from videos.forms import form_status
from videos.models import Transcript, Video, VideoQuerySet
from videos.preferences import chosen_languages
from videos.responses import done, page_or_fragment
from videos.search.actions import chosen_videos, respond
from videos.transcripts import transcript_of
from videos.views.changes import respond_with_text
from videos.views.entries import chosen_ids


@signed_in
@require_POST
def video_captions(request: Request, video_id: int) -> HttpResponse:
    video = video_of(request.user, video_id)
    if fetch_captions_again(videos=Video.objects.filter(pk=video.pk)):
        messages.success(request, _("YouTube is asked again for the captions."))
    else:
        messages.info(request, _("The captions of this video cannot be fetched now."))
    return done(request, video, videos_changed={"ids": [video.pk]})


@signed_in
@require_http_methods(["GET", "POST"])
def transcript_upload(request: Request, video_id: int) -> HttpResponse:
    video = video_of(request.user, video_id)
    form = _form(request, video)
    if form.is_valid():
        chosen = form.cleaned_data
        try:
            keep_transcript(
                user=request.user, video=video, language=chosen["language"], cues=chosen["file"]
            )
        except TranscriptKept:
            return _kept(request, video)
        messages.success(request, _("Your transcript is here."))
        return _back(request, video)
    template = page_or_fragment(
        request, page="videos/transcript_form.html", fragment="videos/_transcript_form.html"
    )
    return render(request, template, {"video": video, "form": form}, status=form_status(form))


@signed_in
@require_http_methods(["GET", "POST"])
def transcript_remove(request: Request, video_id: int) -> HttpResponse:
    """Asks first."""
    video = video_of(request.user, video_id)
    transcript = get_object_or_404(Transcript.objects.defer("cues"), video=video)
    if request.method == "POST":
        try:
            remove_transcript(user=request.user, video=video)
        except TranscriptKept:
            return _kept(request, video)
        messages.success(request, _("Transcript removed."))
        return _back(request, video)
    template = page_or_fragment(
        request, page="videos/transcript_remove.html", fragment="videos/_transcript_remove.html"
    )
    return render(request, template, {"video": video, "uploaded": transcript.uploaded})


@signed_in
@require_POST
def entries_refresh(request: Request, list_id: int) -> HttpResponse:
    """YouTube is asked again about the chosen videos, or with `captions` for their captions
    alone.
    """
    video_list = list_of(request.user, list_id)
    mine = Video.objects.filter(entries__video_list=video_list)
    text = _refresh(request, mine, chosen_ids(request, video_list))
    return respond_with_text(request, video_list, text)


@signed_in
@require_POST
def found_refresh(request: Request) -> HttpResponse:
    """The same for the chosen videos of a search over all lists."""
    mine = Video.objects.visible_to(request.user)
    return respond(request, _refresh(request, mine, chosen_videos(request)))


def _refresh(request: Request, mine: VideoQuerySet, ids: Sequence[int]) -> str:
    """Ask YouTube again about these videos, and return what to say about it."""
    act = fetch_captions_again if request.POST.get("captions") else refresh_videos
    count = 0
    for some in chunks(ids):
        count += act(videos=mine.filter(pk__in=some))
    text = ngettext(
        "YouTube is asked again about %(count)d video.",
        "YouTube is asked again about %(count)d videos.",
        count,
    )
    return text % {"count": count}


def _form(request: Request, video: Video) -> TranscriptForm:
    initial = _initial(request, video)
    if request.method == "POST":
        return TranscriptForm(request.POST, request.FILES, initial=initial)
    return TranscriptForm(initial=initial)


def _initial(request: Request, video: Video) -> dict[str, str]:
    there = transcript_of(video)
    if there is not None:
        return {"language": there.language}
    return {"language": next(iter(chosen_languages(request.user)), "")}


def _kept(request: Request, video: Video) -> HttpResponse:
    messages.info(request, _("Other people have this video too: its transcript stays as it is."))
    return _back(request, video)


def _back(request: Request, video: Video) -> HttpResponse:
    if request.htmx:
        return HttpResponseClientRedirect(video.get_absolute_url())
    return redirect(video)
