"""How the library looks over REST."""

from typing import Any, TypedDict

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from videos.causes import Cause, message
from videos.models import Chapter, Video, VideoList
from videos.stages import TRANSCRIPT_SOURCES


class FailureField(TypedDict):
    cause: str
    message: str


class FailureSerializer(serializers.Serializer[Any]):
    cause = serializers.ChoiceField(choices=Cause.choices)
    message = serializers.CharField(help_text="in the caller's language")


class Text(serializers.CharField):
    """Text and nothing that could be made one: a number or a truth value is most likely a mistake
    of the caller's.
    """

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return str(super().to_internal_value(data))


class VideoSerializer(serializers.ModelSerializer[Any]):
    error = serializers.SerializerMethodField()
    url = serializers.URLField(source="youtube_url", read_only=True)

    class Meta:
        model = Video
        fields: tuple[str, ...] = (
            "id",
            "youtube_id",
            "url",
            "title",
            "channel",
            "duration",
            "published_at",
            "thumbnail_url",
            "import_stage",
            "import_progress",
            "error",
            "captions_source",
            "version",
        )
        read_only_fields = fields

    @extend_schema_field(FailureSerializer(allow_null=True))
    def get_error(self, video: Video) -> FailureField | None:
        text = message(video.error_cause)
        if not text:
            return None
        return {"cause": video.error_cause, "message": text}


class EntrySerializer(VideoSerializer):
    """An entry of a list: its video, with what the entry says of it."""

    note = serializers.CharField(read_only=True)
    added_at = serializers.DateTimeField(read_only=True)

    class Meta(VideoSerializer.Meta):
        fields = (*VideoSerializer.Meta.fields, "note", "added_at")
        read_only_fields = fields

    def to_representation(self, instance: Any) -> dict[str, Any]:
        video = instance.video
        video.note = instance.note
        video.added_at = instance.added_at
        # What the owner's file called it, while YouTube has not said.
        video.title = video.title or instance.file_title
        answer: dict[str, Any] = super().to_representation(video)
        return answer


class ChapterSerializer(serializers.ModelSerializer[Chapter]):
    class Meta:
        model = Chapter
        fields = ("number", "start", "end", "title")
        read_only_fields = fields


class VideoDetailSerializer(VideoSerializer):
    chapters = ChapterSerializer(many=True, read_only=True)

    class Meta(VideoSerializer.Meta):
        fields = (*VideoSerializer.Meta.fields, "description", "chapters")
        read_only_fields = fields


class VideoListSerializer(serializers.ModelSerializer[VideoList]):
    name = Text(max_length=200)
    count = serializers.IntegerField(read_only=True, default=0, help_text="videos in the list")

    class Meta:
        model = VideoList
        fields = ("id", "name", "count", "created_at", "updated_at")
        read_only_fields = ("id", "count", "created_at", "updated_at")


class CueSerializer(serializers.Serializer[Any]):
    start = serializers.FloatField(help_text="seconds")
    end = serializers.FloatField(help_text="seconds")
    text = serializers.CharField()


class TranscriptSerializer(serializers.Serializer[Any]):
    source = serializers.ChoiceField(  # type: ignore[assignment]  # named like an option of fields
        choices=TRANSCRIPT_SOURCES
    )
    language = serializers.CharField()
    cues = CueSerializer(many=True)
    uploaded = serializers.BooleanField(
        help_text="a person gave it: nothing that is fetched replaces it"
    )
