"""REST of the library: lists, their videos, one video, its transcript."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, serializers, status
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from videos import cues, services
from videos.access import list_of, video_of
from videos.api.entry_pages import EntryPages
from videos.api.filters import ListFilter
from videos.api.requests import FormatParameter
from videos.api.serializers import (
    EntrySerializer,
    TranscriptSerializer,
    VideoDetailSerializer,
    VideoListSerializer,
)
from videos.counts import entries_counted
from videos.models import ListEntry, Transcript, Video, VideoList
from videos.selection import remove_with_undo

WRITERS = {
    "vtt": (cues.write_vtt, "text/vtt"),
    "srt": (cues.write_srt, "application/x-subrip"),
    "txt": (cues.write_txt, "text/plain"),
}


class ListsView(generics.ListCreateAPIView[VideoList]):
    """The caller's lists; make a new one."""

    serializer_class = VideoListSerializer
    pagination_class = None

    def get_queryset(self) -> QuerySet[VideoList]:
        return VideoList.objects.owned_by(self.request.user).annotate(count=entries_counted())

    def perform_create(self, serializer: serializers.BaseSerializer[VideoList]) -> None:
        serializer.instance = services.create_list(
            owner=self.request.user, name=serializer.validated_data["name"]
        )


class ListView(generics.RetrieveUpdateDestroyAPIView[VideoList]):
    """One list of the caller's: read, rename, delete."""

    serializer_class = VideoListSerializer
    http_method_names = ["get", "patch", "delete", "head", "options"]

    def get_queryset(self) -> QuerySet[VideoList]:
        return VideoList.objects.owned_by(self.request.user).annotate(count=entries_counted())

    def perform_update(self, serializer: serializers.BaseSerializer[VideoList]) -> None:
        if (name := serializer.validated_data.get("name")) and serializer.instance is not None:
            services.rename_list(video_list=serializer.instance, name=name)

    def perform_destroy(self, instance: VideoList) -> None:
        services.delete_list(video_list=instance)


class ListVideosView(generics.ListAPIView[ListEntry]):
    """The videos of a list, a page at a time."""

    serializer_class = EntrySerializer
    pagination_class = EntryPages

    def video_list(self) -> VideoList:
        return list_of(self.request.user, self.kwargs["list_id"])

    def get_queryset(self) -> QuerySet[ListEntry]:
        if getattr(self, "swagger_fake_view", False):
            return ListEntry.objects.none()
        chosen = ListFilter(data=self.request.query_params)
        chosen.is_valid(raise_exception=True)
        return self.video_list().entries.filter(chosen.condition())

    @extend_schema(parameters=[ListFilter])
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().get(request, *args, **kwargs)


class ListVideoView(APIView):
    """One video in a list."""

    @extend_schema(responses={204: None})
    def delete(self, request: Request, list_id: int, video_id: int) -> Response:
        video_list = list_of(request.user, list_id)
        video = get_object_or_404(
            Video.objects.filter(entries__video_list=video_list).only("pk"), pk=video_id
        )
        remove_with_undo(video_list=video_list, video_ids=[video.pk])
        return Response(status=status.HTTP_204_NO_CONTENT)


class VideoView(generics.RetrieveAPIView[Video]):
    """One video with its description and chapters."""

    serializer_class = VideoDetailSerializer

    def get_queryset(self) -> QuerySet[Video]:
        return Video.objects.visible_to(self.request.user).prefetch_related("chapters")


class TranscriptView(APIView):
    """A video's transcript; 404 while there is none."""

    content_negotiation_class = FormatParameter

    @extend_schema(
        parameters=[OpenApiParameter("format", enum=["json", *WRITERS], default="json")],
        responses={
            (200, "application/json"): TranscriptSerializer,
            **{(200, kind): OpenApiTypes.STR for _, kind in WRITERS.values()},
        },
    )
    def get(self, request: Request, pk: int) -> HttpResponse:
        wanted = request.query_params.get("format", "json")
        if wanted != "json" and wanted not in WRITERS:
            raise serializers.ValidationError({"format": [", ".join(["json", *WRITERS])]})
        video = video_of(request.user, pk)
        transcript = get_object_or_404(Transcript, video=video)
        if wanted == "json":
            return transcript_answer(transcript)
        write, content_type = WRITERS[wanted]
        spoken = write(cues.from_rows(transcript.cues))
        response = HttpResponse(spoken, content_type=f"{content_type}; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{video.youtube_id}.{wanted}"'
        return response


def transcript_answer(transcript: Transcript) -> Response:
    rows = [
        {"start": cue.start, "end": cue.end, "text": cue.text}
        for cue in cues.from_rows(transcript.cues)
    ]
    answer = {
        "source": transcript.source,
        "language": transcript.language,
        "uploaded": transcript.uploaded,
        "cues": rows,
    }
    return Response(answer)
