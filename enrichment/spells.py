"""A spell: YouTube answers every video in a way we cannot read, so it is about us and not about the videos.

It begins when ten different videos in a row got such an answer from the watch page and none a good one; exceptions out of
yt-dlp's own code count too. Then the way out pauses like one with an open breaker: every video waits, no attempt is used, one
video asks now and then, up to once an hour, and the first good answer ends it. What was put in error before it was noticed is
put back.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db.models import F
from django.db.models.functions import Greatest
from django.utils import timezone

from enrichment import clients, jobs, services
from enrichment.client_state import Client, ClientState
from enrichment.errors import SourceError, YouTubeChanged
from enrichment.models import EnrichmentJob
from enrichment.record import VideoRecord
from videos.causes import Cause
from videos.models import Video
from videos.stages import Stage

logger = logging.getLogger(__name__)

UNCLEAR = (Cause.YOUTUBE_CHANGED, Cause.YOUTUBE_DOWN, Cause.RESTRICTED_HERE)
PAUSE = (
    30.0  # seconds for the lane: enough to open its breaker at once, which doubles it up to an hour
)
LONGEST_WAIT = timedelta(hours=1)


def is_about_us(video: Video, error: SourceError) -> bool:
    """Count what YouTube said about a video. Return whether it says it to everybody: then no attempt is used.

    A verdict in words we know is a good answer like any other.
    """
    if not isinstance(error, YouTubeChanged):
        note_good_answer()
        return False
    return clients.note_refusal(
        Client.WATCH_PAGE,
        video.youtube_id,
        error,
        close_after=clients.SPELL_AFTER,
        on_close=_put_back_what_was_counted,
    )


def note_good_answer() -> None:
    """YouTube answered in a way we can read, whatever it said about the video. No query while all is well."""
    since = clients.note_answer(Client.WATCH_PAGE)
    if since is None:
        return
    now = timezone.now()
    services.retry_videos(
        videos=Video.objects.filter(
            import_stage=Stage.ERROR, error_cause__in=UNCLEAR, finished_at__gte=since
        )
    )
    waiting = EnrichmentJob.objects.filter(lease_until=None, last_cause__in=UNCLEAR)
    waiting.filter(not_before__gt=now).update(not_before=now)


def wait_out(record: VideoRecord, job: EnrichmentJob, error: SourceError) -> None:
    """Put the job off without using an attempt, behind all others: the next probe is another video's."""
    pause = min(timedelta(seconds=PAUSE) * (1 << min(job.throttled_rounds, 20)), LONGEST_WAIT)
    with jobs.fenced(record.claim):
        jobs.lose_rank(record.claim)
        jobs.defer(
            record.claim, until=timezone.now() + pause, cause=error.cause, count_attempt=False
        )


def _put_back_what_was_counted(state: ClientState) -> None:
    """Give the videos that made the spell known their attempt back, and take those that ended by it out of their error.

    They go behind all others, so that the probes are made with videos that nobody has asked for yet. A spell made of ten
    videos that YouTube really refuses in new words is not told from one about us: those wait until it says why.
    """
    counted = Video.objects.filter(youtube_id__in=state.streak)
    services.retry_videos(videos=counted.filter(import_stage=Stage.ERROR, error_cause__in=UNCLEAR))
    last = EnrichmentJob.objects.order_by("-rank").values_list("rank", flat=True).first() or 0
    waiting = EnrichmentJob.objects.filter(
        video__in=counted, lease_until=None, last_cause__in=UNCLEAR
    )
    waiting.update(
        attempts=Greatest(F("attempts") - 1, 0), not_before=timezone.now(), rank=last + 1
    )
