"""What a person may ask of enrichment: videos wanted, retried, held, moved up. Workers run the pipeline instead."""

from collections.abc import Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from redis.exceptions import RedisError

from enrichment import events, jobs, limits, pump
from enrichment.limits import LaneStatus
from enrichment.limits.connection import redis_client
from enrichment.models import EnrichmentJob
from videos.chunks import chunks
from videos.cues import Cue, to_rows
from videos.models import Transcript, Video
from videos.stages import PROGRESS, CaptionsSource, Stage

ALIVE = "worker:alive"  # a key in Redis that lives as long as a worker runs the pump
LARGE = 20  # videos; an import of more than this leaves the limiter's reserve to the others


def want_videos(*, video_ids: Sequence[int], large: bool) -> None:
    """Queue these unfinished videos in this order. Inside the caller's transaction; the pump hears of it after the commit."""
    now = timezone.now()
    jobs.enqueue(video_ids, bulk=large, now=now)
    jobs.drop_needless(now)
    transaction.on_commit(pump.hint)


def want_waiting_videos(*, video_ids: Sequence[int], large: bool) -> None:
    """Somebody else wants videos that wait already: they wake up if they were held, and for a person they are next in line."""
    for ids in chunks(video_ids):
        jobs.release_held(ids)
        if not large:
            jobs.promote(ids, now=timezone.now())


@transaction.atomic
def hold_videos(*, videos: QuerySet[Video]) -> None:
    """Their jobs wait until they are released. A run that is under way stops before its next request."""
    EnrichmentJob.objects.filter(video__in=videos.values("pk")).update(held=True)


@transaction.atomic
def release_videos(*, videos: QuerySet[Video]) -> None:
    EnrichmentJob.objects.filter(video__in=videos.values("pk")).update(held=False)
    transaction.on_commit(pump.hint)


def drop_videos(*, videos: QuerySet[Video]) -> None:
    """Nobody wants these any more: their jobs go. A run that is under way writes nothing from here on."""
    EnrichmentJob.objects.filter(video__in=videos.values("pk")).delete()


@transaction.atomic
def retry_videos(*, videos: QuerySet[Video]) -> int:
    """A new attempt for those of the videos that are in error. Answers how many. Three statements, whatever their number."""
    ids = list(videos.filter(import_stage=Stage.ERROR).order_by("pk").values_list("pk", flat=True))
    Video.objects.filter(pk__in=ids, import_stage=Stage.ERROR).update(
        import_stage=Stage.CREATED, import_progress=PROGRESS[Stage.CREATED], error_cause="", finished_at=None, version=F("version") + 1
    )
    now = timezone.now()
    EnrichmentJob.objects.filter(video_id__in=ids).delete()  # one that waits for a premiere: a person wants to know now
    jobs.enqueue(ids, bulk=len(ids) > LARGE, now=now)
    transaction.on_commit(lambda: _announce(ids))
    return len(ids)


def retry_video(*, video: Video) -> bool:
    """A new attempt for one video. False when it is not in error."""
    return retry_videos(videos=Video.objects.filter(pk=video.pk)) == 1


def resumes_at() -> datetime | None:
    """When YouTube is asked again, if the queue waits right now: the hour is used up, or every way out is closed. None while it moves."""
    if (paused := pump.paused_until()) is not None:
        return paused
    closed = [state.open_until for state in lane_states() if state.open_until is not None]
    return min(closed) if len(closed) == len(limits.youtube_lanes()) else None


def lane_states() -> list[LaneStatus]:
    """Each way out to YouTube as it is now. One round trip to Redis per lane; without Redis what the database remembers."""
    return [lane.limiter.state() for lane in limits.youtube_lanes()]


@transaction.atomic
def refresh_videos(*, videos: QuerySet[Video]) -> int:
    """Another look at finished videos: new titles, descriptions, chapters and captions. Answers how many will be looked at.

    They stay usable meanwhile, and keep what they have when there is nothing new. Those in error get a new attempt.
    """
    failed = retry_videos(videos=videos)
    complete = list(videos.filter(import_stage=Stage.COMPLETE).order_by("pk").values_list("pk", flat=True))
    EnrichmentJob.objects.filter(
        video_id__in=complete, lease_until=None
    ).delete()  # one that waits for its captions: a person wants them now
    jobs.enqueue(complete, bulk=len(complete) > LARGE, now=timezone.now())
    transaction.on_commit(pump.hint)
    return failed + len(complete)


@transaction.atomic
def move_to_front(*, videos: QuerySet[Video]) -> None:
    """Their waiting jobs go before all others, in their own order."""
    jobs.move_to_front(videos)
    transaction.on_commit(pump.hint)


@transaction.atomic
def keep_transcript(*, video: Video, language: str, cues: Sequence[Cue]) -> None:
    """A person's own transcript of a video: it replaces the one there is."""
    kept = {"source": CaptionsSource.MANUAL, "language": language, "cues": to_rows(cues)}
    Transcript.objects.update_or_create(video=video, defaults=kept)
    _settle_captions(video, CaptionsSource.MANUAL)


@transaction.atomic
def remove_transcript(*, video: Video) -> None:
    Transcript.objects.filter(video=video).delete()
    _settle_captions(video, CaptionsSource.NONE)


def _settle_captions(video: Video, source: CaptionsSource) -> None:
    Video.objects.filter(pk=video.pk).update(captions_source=source, version=F("version") + 1)
    transaction.on_commit(lambda: _announce([video.pk]))


def worker_is_alive() -> bool:
    """Whether a worker ran the pump within the last seconds. False when Redis is away, too."""
    try:
        return bool(redis_client().exists(f"{settings.REDIS_PREFIX}{ALIVE}"))
    except RedisError:
        return False


def _announce(video_ids: Sequence[int]) -> None:
    pump.hint()
    for video in Video.objects.filter(pk__in=video_ids[:200]).defer("description"):
        events.publish_video(video, events.owners(video.pk))
