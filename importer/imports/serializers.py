"""How imports look over REST."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from importer.imports.models import BatchState, ImportItem, Source
from videos.api.serializers import Text, VideoSerializer
from videos.causes import Cause


class UrlSerializer(serializers.Serializer[Any]):
    url = Text(max_length=2000)


class AnyText(Text):
    """Text as it was given, whatever is in it: the ledger drops what a database refuses, and the
    line keeps its verdict.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, trim_whitespace=False, **options)
        self.validators = []  # CharField refuses null characters and surrogates


class Line(AnyText):
    """One line of a batch.

    A number is no address, but it is a line like any other and gets its verdict.
    """

    def to_internal_value(self, data: Any) -> str:
        if type(data) in (int, float):
            data = str(data)
        return super().to_internal_value(data)


class LinesSerializer(serializers.Serializer[Any]):
    """Either a list of addresses or any text with addresses in it."""

    urls = serializers.ListField(child=Line(), required=False, allow_empty=False)
    text = AnyText(required=False)
    whole_playlists = serializers.BooleanField(
        default=False,
        help_text="of the address of a video in a playlist, the whole playlist instead",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("urls" in attrs) == ("text" in attrs):
            raise serializers.ValidationError(_("Send either urls or text."))
        if not attrs.get("urls") and not attrs.get("text", "").strip():
            raise serializers.ValidationError({"text": [_("There is no address in that.")]})
        return attrs


class ReportSerializer(serializers.Serializer[Any]):
    """What became of the lines: counts by verdict, and the import's id."""

    batch = serializers.IntegerField(source="batch.pk")
    created = serializers.IntegerField()
    known = serializers.IntegerField()
    duplicates = serializers.SerializerMethodField()
    invalid = serializers.IntegerField()
    expanding = serializers.IntegerField()
    over_limit = serializers.IntegerField()

    def get_duplicates(self, report: Any) -> int:
        return int(report.duplicates + report.repeated)


class LaneSerializer(serializers.Serializer[Any]):
    """A way out to YouTube: how it is asked right now."""

    lane = serializers.CharField()
    delay = serializers.FloatField(help_text="seconds between two videos")
    budget_left = serializers.FloatField(help_text="videos within the hour that slides")
    in_flight = serializers.IntegerField()
    breaker = serializers.ChoiceField(choices=("closed", "open", "half_open"))
    open_until = serializers.DateTimeField(allow_null=True)


class ProgressSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="batch_id")
    list = serializers.IntegerField(source="list_id")
    state = serializers.ChoiceField(choices=BatchState.choices)
    # A field that is named like an option of fields.
    source = serializers.ChoiceField(choices=Source.choices)  # type: ignore[assignment]
    created_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField(allow_null=True)
    total = serializers.IntegerField()
    done = serializers.IntegerField()
    failed = serializers.IntegerField()
    without_captions = serializers.IntegerField()
    duplicates = serializers.IntegerField()
    invalid = serializers.IntegerField()
    unavailable = serializers.IntegerField(
        help_text="entries of its playlists that are private or deleted"
    )
    cut_short = serializers.IntegerField(
        help_text="playlists that were read only in part; `retry` reads them again"
    )
    expanding = serializers.IntegerField()
    percent = serializers.IntegerField()
    eta_seconds = serializers.IntegerField(allow_null=True)
    throttled_until = serializers.DateTimeField(allow_null=True)
    waiting = serializers.IntegerField()
    lanes = LaneSerializer(
        many=True, help_text="the ways out to YouTube it waits for; none when it waits for nothing"
    )
    summary = serializers.CharField()


class ItemSerializer(serializers.ModelSerializer[ImportItem]):
    reason = serializers.SerializerMethodField(
        help_text="why a line brought no video, or only a part of a playlist, "
        "in the caller's language"
    )
    video = VideoSerializer(allow_null=True)

    class Meta:
        model = ImportItem
        fields = ("number", "line", "text", "verdict", "reason", "video")
        read_only_fields = fields

    def get_reason(self, item: ImportItem) -> str | None:
        return item.reason_text or None


class CauseSerializer(serializers.Serializer[Any]):
    """Which of the failed videos; all of them without a cause."""

    cause = serializers.ChoiceField(choices=Cause.choices, required=False, allow_null=True)
