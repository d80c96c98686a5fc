"""`/metrics`: Prometheus' text format, read from the database and the lanes when it is asked for.

Nothing is counted in a process, so any number of web servers and workers need nothing shared, and
each web server gives the same answer.
"""

import contextlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from ipaddress import ip_address
from secrets import compare_digest
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count, Min, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector
from redis.exceptions import RedisError

from enrichment import limits
from enrichment.models import EnrichmentJob, TranscriptionUse
from enrichment.services import worker_is_alive
from enrichment.ytdlp import versions
from importer.imports.models import ACTIVE, ImportBatch
from videos.models import Video

VIDEO_COUNTS_KEY = "metrics:video-counts"
VIDEO_COUNTS_KEPT = 60  # seconds; counting visits every video of the installation
BREAKER_STATES = ("closed", "half_open", "open")

Family = GaugeMetricFamily | CounterMetricFamily


@never_cache
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer 403 unless the caller has the token, or without a token set is on this machine."""
    if not may_read_metrics(request):
        return HttpResponse("Forbidden\n", status=403, content_type="text/plain")
    registry = CollectorRegistry()
    registry.register(InstallationCollector())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def may_read_metrics(request: HttpRequest) -> bool:
    token = settings.METRICS_TOKEN
    if not token:
        return comes_from_here(request)
    given = request.headers.get("Authorization", "")
    return compare_digest(given.encode(), f"Bearer {token}".encode())


def comes_from_here(request: HttpRequest) -> bool:
    """Whether a program of this machine asks."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False  # a proxy of this machine asks for somebody else
    try:
        return ip_address(request.META.get("REMOTE_ADDR", "")).is_loopback
    except ValueError:
        return False


class InstallationCollector(Collector):
    """Every figure of the installation at one moment; about ten queries and one answer per lane."""

    def collect(self) -> Iterator[Family]:
        yield from collect_videos()
        yield from collect_jobs()
        yield from collect_imports()
        yield from collect_lanes()
        yield from collect_transcription()
        yield from collect_programs()


def collect_videos() -> Iterator[Family]:
    by_stage = GaugeMetricFamily(
        "sammelwerk_videos", "Videos of the installation by stage.", labels=["stage"]
    )
    by_cause = GaugeMetricFamily(
        "sammelwerk_videos_failed", "Videos in error by cause.", labels=["cause"]
    )
    stages: dict[str, int] = {}
    for stage, cause, count in _video_counts():
        stages[stage] = stages.get(stage, 0) + count
        if cause:
            by_cause.add_metric([cause], count)
    for stage, count in sorted(stages.items()):
        by_stage.add_metric([stage], count)
    yield by_stage
    yield by_cause


def _video_counts() -> list[tuple[str, str, int]]:
    """Stage, cause and count; at most a minute old. Counted anew when Redis is away."""
    kept = _kept_video_counts()
    if kept is not None:
        return list(map(tuple, kept))
    rows = Video.objects.values_list("import_stage", "error_cause").annotate(Count("id")).order_by()
    counts = list(rows)
    with contextlib.suppress(RedisError):
        cache.set(VIDEO_COUNTS_KEY, list(map(list, counts)), VIDEO_COUNTS_KEPT)
    return counts


def _kept_video_counts() -> list[list[Any]] | None:
    """None when none are kept, and when Redis is away."""
    counts: list[list[Any]] | None = None
    with contextlib.suppress(RedisError):
        counts = cache.get(VIDEO_COUNTS_KEY)
    return counts


def collect_jobs() -> Iterator[Family]:
    jobs = GaugeMetricFamily(
        "sammelwerk_jobs", "Videos that still need work.", labels=["work", "state"]
    )
    waiting = EnrichmentJob.objects.filter(lease_until=None, held=False)
    states = {
        "waiting": waiting,
        "paused": EnrichmentJob.objects.filter(lease_until=None, held=True),
        "running": EnrichmentJob.objects.filter(lease_until__isnull=False),
    }
    for state, rows in states.items():
        for work, count in rows.values_list("work").annotate(Count("id")).order_by():
            jobs.add_metric([work, state], count)
    yield jobs
    yield GaugeMetricFamily(
        "sammelwerk_oldest_job_seconds",
        "How long the video that has waited longest could have been looked at.",
        value=_overdue_seconds(waiting),
    )


def _overdue_seconds(waiting: QuerySet[EnrichmentJob]) -> float:
    oldest = waiting.aggregate(at=Min("not_before"))["at"]
    if oldest is None:
        return 0.0
    seconds: float = (timezone.now() - oldest).total_seconds()
    return max(0.0, seconds)


def collect_imports() -> Iterator[Family]:
    imports = GaugeMetricFamily(
        "sammelwerk_imports", "Imports under way by state.", labels=["state"]
    )
    rows = ImportBatch.objects.filter(state__in=ACTIVE).values_list("state").annotate(Count("id"))
    for state, count in rows.order_by():
        imports.add_metric([state], count)
    yield imports


def collect_lanes() -> Iterator[Family]:
    in_flight = GaugeMetricFamily("sammelwerk_lane_permits", "Permits in use now.", labels=["lane"])
    delay = GaugeMetricFamily(
        "sammelwerk_lane_delay_seconds", "Seconds between two permits.", labels=["lane"]
    )
    budget = GaugeMetricFamily(
        "sammelwerk_lane_budget_left",
        "What the sliding hour still allows: videos, for Groq seconds of audio.",
        labels=["lane"],
    )
    breaker = GaugeMetricFamily(
        "sammelwerk_lane_breaker", "1 for the state the breaker is in.", labels=["lane", "state"]
    )
    for state in _lane_states():
        in_flight.add_metric([state.lane], state.in_flight)
        delay.add_metric([state.lane], state.delay)
        budget.add_metric([state.lane], state.budget_left)
        for name in BREAKER_STATES:
            breaker.add_metric([state.lane, name], float(state.breaker == name))
    yield from (in_flight, delay, budget, breaker)


def _lane_states() -> list[limits.LaneStatus]:
    """The lanes to YouTube, and Groq's when transcription is on."""
    states = list(limits.youtube_states())
    if settings.GROQ_API_KEY:
        states.append(limits.groq_lane().limiter.state())
    return states


def collect_transcription() -> Iterator[Family]:
    seconds = TranscriptionUse.objects.aggregate(total=Sum("seconds"))["total"] or 0
    yield CounterMetricFamily(
        "sammelwerk_transcribed_seconds", "Seconds of audio transcribed so far.", value=seconds
    )


def collect_programs() -> Iterator[Family]:
    yield GaugeMetricFamily(
        "sammelwerk_worker_up", "Whether a worker gives signs of life.", value=worker_is_alive()
    )
    version = versions.version_in_use()
    age = GaugeMetricFamily(
        "sammelwerk_ytdlp_age_days", "Days since this yt-dlp was released.", labels=["version"]
    )
    age.add_metric([version], days_since_release(version, today=datetime.now(UTC).date()))
    yield age


def days_since_release(version: str, *, today: date) -> float:
    """Return NaN for a version that is no date."""
    released = versions.released_on(version)
    if released is None:
        return float("nan")
    return float((today - released).days)
