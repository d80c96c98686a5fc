"""REST of what lists follow."""

from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from importer.following import services as following
from importer.following.access import follow_of
from importer.following.models import Follow, FollowedVideo, Rhythm
from importer.following.queries import follows_of
from importer.imports.models import Source
from videos.access import list_of
from videos.api.errors import FORBIDDEN_BY_STATE, Conflict
from videos.api.paging import NewestFirst
from videos.api.serializers import FailureField, FailureSerializer, Text
from videos.causes import message


def error_of(cause: str) -> FailureField | None:
    text = message(cause)
    if not text:
        return None
    return {"cause": cause, "message": text}


class FollowSerializer(serializers.ModelSerializer[Follow]):
    url = Text(
        max_length=2000, source="address", help_text="of the playlist or channel, in any form"
    )
    gone = serializers.IntegerField(
        read_only=True, default=0, help_text="videos that have gone from it"
    )
    new = serializers.IntegerField(
        source="brought", read_only=True, help_text="new videos at the last check"
    )
    error = serializers.SerializerMethodField(help_text="why the last check failed")

    class Meta:
        model = Follow
        fields = (
            "id",
            "kind",
            "url",
            "title",
            "every_hours",
            "next_at",
            "checked_at",
            "new",
            "gone",
            "error",
            "created_at",
        )
        read_only_fields = ("id", "kind", "title", "next_at", "checked_at", "created_at")

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()
        fields["error"]._spectacular_annotation = {"field": FailureSerializer(allow_null=True)}
        return fields

    def get_error(self, follow: Follow) -> FailureField | None:
        return error_of(follow.cause)


class RhythmSerializer(serializers.Serializer[Any]):
    every_hours = serializers.ChoiceField(
        choices=Rhythm.choices, help_text="hours between two checks"
    )


class FollowsView(APIView):
    """What a list follows; follow one more playlist or channel, which also imports it."""

    @extend_schema(responses=FollowSerializer(many=True))
    def get(self, request: Request, list_id: int) -> Response:
        follows = follows_of(list_of(request.user, list_id))
        return Response(FollowSerializer(follows, many=True).data)

    @extend_schema(request=FollowSerializer, responses={201: FollowSerializer})
    def post(self, request: Request, list_id: int) -> Response:
        video_list = list_of(request.user, list_id)
        given = FollowSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        hours = given.validated_data.get("every_hours", Rhythm.DAILY)
        try:
            follow = following.start_following(
                video_list=video_list,
                text=given.validated_data["address"],
                every_hours=hours,
                source=Source.API,
            )
        except following.NotFollowed as refused:
            raise ValidationError({"url": [str(refused)]}) from None
        return Response(FollowSerializer(follow).data, status=status.HTTP_201_CREATED)


class FollowView(APIView):
    """One followed playlist or channel: read, change how often it is checked, end it."""

    @extend_schema(responses=FollowSerializer)
    def get(self, request: Request, list_id: int, pk: int) -> Response:
        return Response(FollowSerializer(follow_of(request.user, list_id, pk)).data)

    @extend_schema(request=RhythmSerializer, responses=FollowSerializer)
    def patch(self, request: Request, list_id: int, pk: int) -> Response:
        follow = follow_of(request.user, list_id, pk)
        given = RhythmSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        following.set_rhythm(follow=follow, every_hours=given.validated_data["every_hours"])
        return Response(FollowSerializer(follow).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, list_id: int, pk: int) -> Response:
        following.stop_following(follow=follow_of(request.user, list_id, pk))
        return Response(status=status.HTTP_204_NO_CONTENT)


class FollowCheckView(APIView):
    """Check it now; 409 within five minutes of the last check, and during one."""

    @extend_schema(request=None, responses={202: FollowSerializer, 409: FORBIDDEN_BY_STATE})
    def post(self, request: Request, list_id: int, pk: int) -> Response:
        follow = follow_of(request.user, list_id, pk)
        if not following.check_now(follow=follow):
            raise Conflict
        return Response(FollowSerializer(follow).data, status=status.HTTP_202_ACCEPTED)


class GoneSerializer(serializers.ModelSerializer[FollowedVideo]):
    reason = serializers.SerializerMethodField(
        help_text="private or deleted, in the caller's language; null: it left the playlist"
    )

    class Meta:
        model = FollowedVideo
        fields = ("youtube_id", "gone_since", "reason")
        read_only_fields = fields

    def get_reason(self, row: FollowedVideo) -> str | None:
        return message(row.gone_cause)


class GoneView(generics.ListAPIView[FollowedVideo]):
    """The videos that have gone from a followed playlist or channel. They stay in the list."""

    serializer_class = GoneSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[FollowedVideo]:
        if getattr(self, "swagger_fake_view", False):
            return FollowedVideo.objects.none()
        follow = follow_of(self.request.user, self.kwargs["list_id"], self.kwargs["pk"])
        return follow.videos.exclude(gone_since=None)
