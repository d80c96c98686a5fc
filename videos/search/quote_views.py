"""A moment of a video as a quote in each form, to copy."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from videos.access import Request, signed_in, video_of
from videos.models import Transcript, Video
from videos.search.citations import FORMATS, Quote, quote_of
from videos.search.quotes import seconds_from, spoken_between


@dataclass(frozen=True)
class WrittenQuote:
    """A quote in one form."""

    name: str
    label: str
    text: str


@signed_in
@require_GET
def quote_detail(request: Request, video_id: int) -> HttpResponse:
    """What is said from the second `start` to `end`; 404 where nothing is."""
    video = video_of(request.user, video_id)
    quote = _asked_quote(request, video)
    context = {
        "video": video,
        "forms": _write_in_each_form(quote),
        "back": f"{video.get_absolute_url()}?t={quote.seconds}",
    }
    template = "search/quote.html"
    if request.htmx:
        template = "search/_quote.html"
    return render(request, template, context)


def _asked_quote(request: Request, video: Video) -> Quote:
    """Raises Http404 where nothing is said."""
    start = seconds_from(request.GET.get("start", ""))
    if start is None:
        raise Http404
    end = seconds_from(request.GET.get("end", ""))
    transcript = get_object_or_404(Transcript, video=video)
    text = spoken_between(transcript, start, end)
    if not text:
        raise Http404
    return quote_of(video, text, start, today=timezone.localdate())


def _write_in_each_form(quote: Quote) -> list[WrittenQuote]:
    forms = []
    for name, (label, write) in FORMATS.items():
        forms.append(WrittenQuote(name, label, write(quote)))
    return forms
