"""What a person may ask of enrichment: videos wanted, retried, held, moved up.

Workers run the pipeline instead.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, QuerySet
from redis.exceptions import RedisError

from enrichment import events, jobs, pump
from enrichment.leases import database_now, once_more
from enrichment.limits.connection import redis_client
from enrichment.models import EnrichmentJob
from videos.chunks import chunks
from videos.cues import Cue, to_rows
from videos.models import Transcript, Video
from videos.preferences import audience
from videos.search import documents
from videos.search.documents import Texts
from videos.stages import PROGRESS, CaptionsSource, Stage
from videos.transcripts import may_change_transcript, transcript_of

ALIVE = "worker:alive"  # a key in Redis that a worker's main process writes every second
LARGE = 20  # videos; an import of more than this leaves the limiter's reserve to the others


def want_videos(*, video_ids: Sequence[int], large: bool, first_rank: int | None = None) -> int:
    """Queue these unfinished videos in this order, behind `first_rank` if there is one. Answers the
    rank with which the import goes on.

    Inside the caller's transaction; a worker hears of it after the commit.
    """
    now = database_now()
    next_rank = jobs.enqueue(video_ids, bulk=large, now=now, first_rank=first_rank)
    jobs.drop_needless(video_ids, now)
    transaction.on_commit(pump.hint)
    return next_rank


def lock_jobs(*, video_ids: Sequence[int]) -> None:
    """No run changes these videos until the transaction ends; what runs had begun to write is
    committed when this returns.
    """
    jobs.locked(video_ids)


def want_waiting_videos(*, video_ids: Sequence[int], large: bool) -> None:
    """Somebody else wants videos that wait already: they wake up if they were held, and for a
    person they are next in line.
    """
    for ids in jobs.locked(video_ids):
        EnrichmentJob.objects.filter(video_id__in=ids, held=True).update(held=False)
        if not large:
            jobs.promote(ids)


@once_more
@transaction.atomic
def hold_videos(
    *, video_ids: Sequence[int], wanted_elsewhere: Callable[[Sequence[int]], set[int]]
) -> None:
    """Their jobs wait until they are released, but for those that are wanted elsewhere, which is
    answered for some of them at a time.

    A run that is under way stops before its next request.

    Who wants what is read when the jobs are locked: an import that began meanwhile has locked them,
    too, until its end was written.
    """
    for ids in jobs.locked(video_ids):
        waiting = EnrichmentJob.objects.filter(video_id__in=set(ids) - wanted_elsewhere(ids))
        waiting.update(held=True)


@once_more
@transaction.atomic
def release_videos(*, video_ids: Sequence[int]) -> None:
    for ids in jobs.locked(video_ids):
        EnrichmentJob.objects.filter(video_id__in=ids, held=True).update(held=False)
    transaction.on_commit(pump.hint)


def drop_videos(*, video_ids: Sequence[int]) -> None:
    """Delete the jobs of videos that nobody wants.

    A run under way writes nothing from here on.
    """
    for ids in jobs.locked(video_ids):
        EnrichmentJob.objects.filter(video_id__in=ids).delete()


@once_more
@transaction.atomic
def retry_videos(*, videos: QuerySet[Video]) -> int:
    """A new attempt for those of the videos that are in error.

    Answers how many. A few statements, whatever their number.
    """
    failed = videos.filter(import_stage=Stage.ERROR).order_by("pk")
    ids = list(failed.values_list("pk", flat=True))
    _retry(ids, large=len(ids) > LARGE)
    transaction.on_commit(lambda: _announce(ids))
    return len(ids)


@once_more
@transaction.atomic
def retry_videos_by_id(
    *,
    video_ids: Sequence[int],
    large: bool,
    cause: str | None = None,
    first_rank: int | None = None,
) -> int:
    """The same for the videos of these ids, of one cause or of all, which may be a slice of more:
    `large`: they leave the reserve to people; `first_rank`: they go behind it.

    Answers the rank with which the next slice goes on.
    """
    failed = Video.objects.filter(import_stage=Stage.ERROR)
    if cause is not None:
        failed = failed.filter(error_cause=cause)
    ids: list[int] = []
    for some in chunks(sorted(video_ids)):
        ids += failed.filter(pk__in=some).order_by("pk").values_list("pk", flat=True)
    next_rank = _retry(ids, large=large, first_rank=first_rank)
    if first_rank is None:
        transaction.on_commit(lambda: _announce(ids))
    return next_rank


def _retry(ids: Sequence[int], *, large: bool, first_rank: int | None = None) -> int:
    """A new attempt for these videos, which are in error, in the order of their ids. Answers the
    rank after them.
    """
    _lock(ids)
    for some in chunks(ids):
        # Also one that waits for a premiere: a person wants to know now.
        EnrichmentJob.objects.filter(video_id__in=some).delete()
        Video.objects.filter(pk__in=some, import_stage=Stage.ERROR).update(
            import_stage=Stage.CREATED,
            import_progress=PROGRESS[Stage.CREATED],
            error_cause="",
            finished_at=None,
            version=F("version") + 1,
        )
    return want_videos(video_ids=ids, large=large, first_rank=first_rank)


def retry_video(*, video: Video) -> bool:
    """A new attempt for one video. False when it is not in error."""
    return retry_videos(videos=Video.objects.filter(pk=video.pk)) == 1


@once_more
@transaction.atomic
def refresh_videos(*, videos: QuerySet[Video]) -> int:
    """Another look at finished videos: new titles, descriptions, chapters and captions.

    Answers how many will be looked at.

    They stay usable meanwhile, and keep what they have when there is nothing new. Those in error
    get a new attempt. An uploaded transcript stays.
    """
    failed = retry_videos(videos=videos)
    complete = _complete(videos)
    _lock(complete)
    for ids in chunks(complete):
        Video.objects.filter(pk__in=ids).update(described_at=None)
    _look_again(complete)
    return failed + len(complete)


@once_more
@transaction.atomic
def fetch_captions_again(*, videos: QuerySet[Video]) -> int:
    """Another look at the captions alone of complete videos.

    Answers how many will be looked at: none whose transcript was uploaded.
    """
    complete = _complete(videos.exclude(transcript__uploaded=True))
    _lock(complete)
    _look_again(complete)
    return len(complete)


def _complete(videos: QuerySet[Video]) -> list[int]:
    return list(
        videos.filter(import_stage=Stage.COMPLETE).order_by("pk").values_list("pk", flat=True)
    )


def _look_again(video_ids: Sequence[int]) -> None:
    """Now, also where a job waits for captions that come later. The videos are locked."""
    for ids in chunks(video_ids):
        EnrichmentJob.objects.filter(video_id__in=ids, lease_until=None).delete()
    jobs.enqueue(video_ids, bulk=len(video_ids) > LARGE, now=database_now())
    transaction.on_commit(pump.hint)


def _lock(video_ids: Sequence[int]) -> None:
    """Jobs, then videos, before a job is inserted: who wants the same ones waits."""
    pieces = list(jobs.locked(video_ids))
    if not connection.features.has_select_for_update:
        return
    for ids in pieces:
        rows = Video.objects.select_for_update(no_key=True).filter(pk__in=ids)
        list(rows.order_by("pk").values_list("pk"))


@once_more
@transaction.atomic
def move_to_front(*, video_ids: Sequence[int]) -> None:
    """Their waiting jobs go before all others, in their own order."""
    jobs.move_to_front(video_ids)
    transaction.on_commit(pump.hint)


class TranscriptKept(Exception):
    """Other people have the video too, and what is there is not this person's to change."""


def keep_transcript(*, user: Any, video: Video, language: str, cues: Sequence[Cue]) -> Transcript:
    """A person's own transcript of a video, for all who have it: nothing that is fetched later
    replaces it. Raises TranscriptKept.
    """
    searched = _searched(video, spoken=[cue.text for cue in cues])
    return _keep_transcript(user, video, language, cues, searched)


@once_more
@transaction.atomic
def _keep_transcript(
    user: Any, video: Video, language: str, cues: Sequence[Cue], searched: Searched
) -> Transcript:
    _changeable(user, video)
    kept = {
        "source": CaptionsSource.MANUAL,
        "language": language,
        "cues": to_rows(cues),
        "uploaded": True,
        "uploaded_by": user,
    }
    transcript, _ = Transcript.objects.update_or_create(video=video, defaults=kept)
    _settle_captions(video, CaptionsSource.MANUAL)
    searched.write()
    _drop_job_for_later_captions(video)
    return transcript


def _drop_job_for_later_captions(video: Video) -> None:
    waiting = EnrichmentJob.objects.filter(video=video, lease_until=None)
    complete = waiting.filter(video__import_stage=Stage.COMPLETE)
    complete.exclude(video__described_at=None).delete()


def remove_transcript(*, user: Any, video: Video) -> None:
    """After an uploaded one, YouTube's is fetched again; any other is gone until it is wanted
    back. Raises TranscriptKept.
    """
    _remove_transcript(user, video, _searched(video, spoken=()))


@once_more
@transaction.atomic
def _remove_transcript(user: Any, video: Video, searched: Searched) -> None:
    there = _changeable(user, video)
    Transcript.objects.filter(video=video).delete()
    source = CaptionsSource.UNSETTLED
    if video.import_progress >= PROGRESS[Stage.CAPTIONS]:
        source = CaptionsSource.NONE
    _settle_captions(video, source)
    searched.write()
    if there and there.uploaded:
        fetch_captions_again(videos=Video.objects.filter(pk=video.pk))


@dataclass(frozen=True)
class Searched:
    """The words by which a video will be found, made before the transaction that changes it."""

    video_id: int
    words: str
    version: int  # of the video after that transaction, if nobody else changes it meanwhile

    def write(self) -> None:
        documents.write(self.video_id, self.words, version=self.version)


def _searched(video: Video, *, spoken: Sequence[str]) -> Searched:
    texts = replace(documents.texts_of(video.pk) or Texts(), spoken=spoken)
    return Searched(video.pk, documents.words_of(texts), texts.version + 1)


def _changeable(user: Any, video: Video) -> Transcript | None:
    """The transcript there is, with job and video locked as a run does: of two who change it at
    once the second sees what the first did.
    """
    _lock([video.pk])
    there = transcript_of(video)
    if not may_change_transcript(user, video, there):
        raise TranscriptKept
    return there


def _settle_captions(video: Video, source: CaptionsSource) -> None:
    Video.objects.filter(pk=video.pk).update(captions_source=source, version=F("version") + 1)
    transaction.on_commit(lambda: _announce([video.pk]))


def worker_is_alive() -> bool:
    """Whether a worker gave a sign of life within the last seconds.

    False when Redis is away, too.
    """
    try:
        return bool(redis_client().exists(f"{settings.REDIS_PREFIX}{ALIVE}"))
    except RedisError:
        return False


def _announce(video_ids: Sequence[int]) -> None:
    for video in Video.objects.filter(pk__in=video_ids[:200]).defer("description"):
        events.publish_video(video, audience(video.pk).user_ids)
