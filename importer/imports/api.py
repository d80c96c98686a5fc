"""REST of imports: addresses in, progress out, the person's levers."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import ErrorDetail, Throttled, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from importer.imports import services, slices
from importer.imports.access import batch_of
from importer.imports.ledger import items_as_csv
from importer.imports.models import ImportBatch, ImportItem, Source
from importer.imports.once import IDEMPOTENCY_KEY, KEY_REUSED, once
from importer.imports.plans import ImportPlan, ImportReport, plan_import, take_slices
from importer.imports.progress import batch_progress, progress_of
from importer.imports.quotas import ImportRefused, in_turn, turn_of
from importer.imports.serializers import (
    CauseSerializer,
    ItemSerializer,
    LinesSerializer,
    ProgressSerializer,
    ReportSerializer,
    UrlSerializer,
)
from importer.parsing import (
    ParsedLine,
    Unusable,
    VideoAddress,
    parse_address,
    parse_lines,
    parse_many,
    whole_playlists,
)
from videos.access import list_of
from videos.api.errors import FORBIDDEN_BY_STATE, Conflict
from videos.api.paging import InOrder, NewestFirst
from videos.api.requests import FormatParameter
from videos.api.serializers import VideoSerializer
from videos.api.views import ListVideosView
from videos.models import Video
from videos.streaming import StreamedFile


class TooManyImports(Throttled):
    """The caller has to wait, or to make room."""

    default_code = "too_many_imports"

    def __init__(self, refused: ImportRefused) -> None:
        super().__init__(wait=refused.retry_after)
        self.detail = ErrorDetail(refused.text, self.default_code)


def refused_as_response(answer: Callable[[], Response]) -> Response:
    """Answer a refused import with 429 and, where waiting helps, Retry-After."""
    try:
        return answer()
    except ImportRefused as refused:
        raise TooManyImports(refused) from None


def count_lines(data: Any) -> int:
    """Count the lines of a request before anything of them is read."""
    if not isinstance(data, Mapping):
        return 0
    urls, text = data.get("urls"), data.get("text")
    if isinstance(urls, list):
        return len(urls)
    if isinstance(text, str):
        return text.count("\n") + 1
    return 0


class ListVideosImportView(ListVideosView):
    """The videos of a list; add one by its address."""

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=UrlSerializer,
        responses={201: VideoSerializer, 409: VideoSerializer, 422: KEY_REUSED},
    )
    def post(self, request: Request, list_id: int) -> Response:
        return refused_as_response(lambda: once(request, lambda: self._add(request)))

    def _add(self, request: Request) -> Response:
        given = UrlSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        video_list = self.video_list()
        text = given.validated_data["url"]
        address = _parse_video(text)
        existing = Video.objects.filter(
            youtube_id=address.youtube_id, entries__video_list=video_list
        ).first()
        if existing is not None:
            return Response(VideoSerializer(existing).data, status=status.HTTP_409_CONFLICT)
        plan = plan_import(
            owner=request.user,
            video_list=video_list,
            lines=[ParsedLine(1, text, address)],
            source=Source.API,
        )
        report = plan.begin()
        arrived = report.created or report.known  # else somebody was faster between the two queries
        video = Video.objects.get(youtube_id=address.youtube_id)
        if not arrived:
            return Response(VideoSerializer(video).data, status=status.HTTP_409_CONFLICT)
        return Response(VideoSerializer(video).data, status=status.HTTP_201_CREATED)


def _parse_video(text: str) -> VideoAddress:
    """Raises ValidationError for what is not a video."""
    address = parse_address(text)
    if isinstance(address, Unusable):
        raise ValidationError({"url": [str(address.reason.label)]})
    if isinstance(address, VideoAddress):
        return address
    problem = _("This is a playlist or channel, not a video. Send it to …/videos/batch.")
    raise ValidationError({"url": [problem]})


class BatchView(APIView):
    """Many addresses at once. Every line is kept with its verdict, whatever it is."""

    plan: ImportPlan | None = None  # of this request's lines, which are read once
    begun: ImportReport | None = None  # by this request, and not by the one it repeats

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=LinesSerializer,
        responses={201: ReportSerializer, 422: KEY_REUSED},
    )
    def post(self, request: Request, list_id: int) -> Response:
        return refused_as_response(lambda: self._answer(request, list_id))

    def _answer(self, request: Request, list_id: int) -> Response:
        if count_lines(request.data) <= slices.ROWS:
            return self._import(request, list_id)
        with turn_of(request.user):
            return self._import(request, list_id)

    def _import(self, request: Request, list_id: int) -> Response:
        response = in_turn(
            request.user, lambda: once(request, lambda: self._start(request, list_id))
        )
        if self.begun:
            take_slices(self.begun)
        return response

    def _start(self, request: Request, list_id: int) -> Response:
        if self.plan is None:
            self.plan = self._read(request, list_id)
        report = self.begun = self.plan.begin()
        return Response(ReportSerializer(report).data, status=status.HTTP_201_CREATED)

    def _read(self, request: Request, list_id: int) -> ImportPlan:
        video_list = list_of(request.user, list_id)
        given = LinesSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        chosen = given.validated_data
        return plan_import(
            owner=request.user, video_list=video_list, lines=_lines_of(chosen), source=Source.API
        )


def _lines_of(chosen: Mapping[str, Any]) -> Iterable[ParsedLine]:
    lines = parse_many(chosen["urls"]) if "urls" in chosen else parse_lines(chosen["text"])
    if chosen["whole_playlists"]:
        return whole_playlists(lines)
    return lines


def _imports_of(request: Request) -> QuerySet[ImportBatch]:
    return ImportBatch.objects.of(request.user.pk)


class ImportsView(generics.ListAPIView[ImportBatch]):
    """The caller's imports, the newest first."""

    serializer_class = ProgressSerializer
    pagination_class = NewestFirst

    def get_queryset(self) -> QuerySet[ImportBatch]:
        return _imports_of(self.request)

    def paginate_queryset(self, queryset: Any) -> list[Any] | None:
        return progress_of(super().paginate_queryset(queryset) or [])


class ImportView(APIView):
    """One import and how far it is."""

    @extend_schema(responses=ProgressSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return _progress_of(batch_of(request.user, pk))


def _progress_of(batch: ImportBatch) -> Response:
    return Response(ProgressSerializer(batch_progress(batch)).data)


class ImportItemsView(generics.ListAPIView[ImportItem]):
    """Every line of an import with its verdict; `?format=csv` downloads all of them."""

    serializer_class = ItemSerializer
    pagination_class = InOrder
    content_negotiation_class = FormatParameter

    def get_queryset(self) -> QuerySet[ImportItem]:
        if getattr(self, "swagger_fake_view", False):
            return ImportItem.objects.none()
        batch = batch_of(self.request.user, self.kwargs["pk"])
        return batch.items.select_related("video").defer("video__description")

    @extend_schema(
        parameters=[OpenApiParameter("format", enum=["json", "csv"], default="json")],
        responses={
            (200, "application/json"): ItemSerializer(many=True),
            (200, "text/csv"): OpenApiTypes.STR,
        },
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response | StreamedFile:  # type: ignore[override]
        wanted = request.query_params.get("format", "json")
        if wanted == "csv":
            return _as_csv(self.get_queryset().order_by("number"))
        if wanted != "json":
            raise ValidationError({"format": ["json, csv"]})
        return super().get(request, *args, **kwargs)


def _as_csv(items: QuerySet[ImportItem]) -> StreamedFile:
    return StreamedFile(
        items_as_csv(items), content_type="text/csv; charset=utf-8", filename="import.csv"
    )


class LeverView(APIView):
    """One lever of an import; answers the import as it is after."""

    lever: Callable[..., Any]

    @extend_schema(request=None, responses={200: ProgressSerializer, 409: FORBIDDEN_BY_STATE})
    def post(self, request: Request, pk: int) -> Response:
        return self.pull(request, pk)

    def pull(self, request: Request, pk: int, **options: Any) -> Response:
        batch = batch_of(request.user, pk)
        try:
            type(self).lever(batch=batch, **options)
        except services.ImportStateError:
            raise Conflict from None
        batch.refresh_from_db()
        return _progress_of(batch)


class PauseView(LeverView):
    """Pause an import."""

    lever = staticmethod(services.pause_batch)


class ResumeView(LeverView):
    """Let a paused import go on."""

    lever = staticmethod(services.resume_batch)


class CancelView(LeverView):
    """End an import. Its finished videos stay in the list, the others leave it."""

    lever = staticmethod(services.cancel_batch)


class FrontView(LeverView):
    """Do this import's waiting videos before all others."""

    lever = staticmethod(services.move_batch_to_front)


class RetryView(LeverView):
    """A new attempt for the import's failed videos, of one cause or of all."""

    lever = staticmethod(services.retry_batch)

    @extend_schema(
        request=CauseSerializer, responses={200: ProgressSerializer, 409: FORBIDDEN_BY_STATE}
    )
    def post(self, request: Request, pk: int) -> Response:
        given = CauseSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        return self.pull(request, pk, cause=given.validated_data.get("cause"))
