"""REST of what a person has done for one video: another attempt, another look, captions again or
their own.
"""

from collections.abc import Callable, Mapping
from typing import IO, Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers, status
from rest_framework.parsers import BaseParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from enrichment.forms import TranscriptForm
from enrichment.services import (
    TranscriptKept,
    fetch_captions_again,
    keep_transcript,
    refresh_videos,
    remove_transcript,
    retry_videos,
)
from videos.access import video_of
from videos.api.errors import FORBIDDEN_BY_STATE, Conflict, TooLarge
from videos.api.serializers import TranscriptSerializer, VideoDetailSerializer
from videos.api.views import TranscriptView, transcript_answer
from videos.models import Transcript, Video
from videos.transcripts import LARGEST

TIMED_TEXT = ("text/vtt", "application/x-subrip", "text/plain")
KEPT = _("Other people have this video too: its transcript stays as it is.")


class VideoLeverView(APIView):
    """Has something done for a video and answers it as it is now; what is found comes later."""

    ask: Callable[..., int]  # a service that answers how many videos it took

    @extend_schema(request=None, responses={200: VideoDetailSerializer, 409: FORBIDDEN_BY_STATE})
    def post(self, request: Request, pk: int) -> Response:
        video = video_of(request.user, pk)
        if not type(self).ask(videos=Video.objects.filter(pk=video.pk)):
            raise Conflict
        video.refresh_from_db()
        return Response(VideoDetailSerializer(video).data)


class RetryView(VideoLeverView):
    """A new attempt for a video in error."""

    ask = staticmethod(retry_videos)


class RefreshView(VideoLeverView):
    """Ask YouTube again about a finished video: title, description, chapters and captions.

    It stays usable meanwhile.
    """

    ask = staticmethod(refresh_videos)


class CaptionsView(VideoLeverView):
    """Ask YouTube again for a complete video's captions alone.

    An uploaded transcript forbids it: remove that one first.
    """

    ask = staticmethod(fetch_captions_again)


class TimedText(BaseParser):
    """A subtitle file as the body itself.

    Refuses one that is too large before any of it is read.
    """

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None
    ) -> Any:
        if int(parser_context["request"].META.get("CONTENT_LENGTH") or 0) > LARGEST:
            raise TooLarge
        return stream.read(LARGEST + 1)


def _timed_text(media: str) -> BaseParser:
    parser = TimedText()
    parser.media_type = media
    return parser


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        help_text="VTT, SRT, SBV, ASS, TTML, LRC, SAMI or JSON, at most 3 MB"
    )
    language = serializers.CharField(required=False, help_text="a code such as de or pt-BR")


class OwnTranscriptView(TranscriptView):
    """A video's transcript; give one of one's own; remove it.

    Everybody on this installation who has the video in a list, now or later, can read it.
    """

    def get_parsers(self) -> list[BaseParser]:
        return [*super().get_parsers(), *map(_timed_text, TIMED_TEXT)]

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "language", description="of the text, where the body is the file itself"
            )
        ],
        request={
            "multipart/form-data": UploadSerializer,
            **dict.fromkeys(TIMED_TEXT, OpenApiTypes.STR),
        },
        responses={200: TranscriptSerializer, 409: FORBIDDEN_BY_STATE},
    )
    def put(self, request: Request, pk: int) -> Response:
        video = video_of(request.user, pk)
        form = _form(request)
        if not form.is_valid():
            raise serializers.ValidationError(_errors_of(form))
        chosen = form.cleaned_data
        try:
            transcript = keep_transcript(
                user=request.user, video=video, language=chosen["language"], cues=chosen["file"]
            )
        except TranscriptKept:
            raise Conflict(KEPT) from None
        return transcript_answer(transcript)

    @extend_schema(request=None, responses={204: None, 409: FORBIDDEN_BY_STATE})
    def delete(self, request: Request, pk: int) -> Response:
        video = video_of(request.user, pk)
        get_object_or_404(Transcript.objects.only("pk"), video=video)
        try:
            remove_transcript(user=request.user, video=video)
        except TranscriptKept:
            raise Conflict(KEPT) from None
        return Response(status=status.HTTP_204_NO_CONTENT)


def _errors_of(form: TranscriptForm) -> dict[str, list[str]]:
    errors = {}
    for name, texts in form.errors.items():
        errors[name] = list(map(str, texts))
    return errors


def _form(request: Request) -> TranscriptForm:
    """From a form with a file, or from a body that is the file."""
    given = request.data
    if isinstance(given, bytes):
        return TranscriptForm(
            {"language": request.query_params.get("language", "")},
            {"file": SimpleUploadedFile("transcript", given)},
        )
    if not isinstance(given, Mapping):
        given = {}
    return TranscriptForm(given, request.FILES)
