"""A spell: YouTube answers every video in a way we cannot read, so it is about us and not about the
videos.

It begins when ten different videos in a row got such an answer from the watch page and none a good
one; exceptions out of yt-dlp's own code count too. Then the way out pauses like one with an open
breaker: every video waits, no attempt is used, one video asks now and then, up to once an hour, and
the first good answer ends it. What was put in error before it was noticed is put back.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from enrichment import clients, jobs, outages
from enrichment.client_state import Client
from enrichment.errors import SourceError, YouTubeChanged
from enrichment.models import EnrichmentJob
from enrichment.put_back import put_back_counted, take_up_again
from enrichment.record import VideoRecord
from videos.causes import Cause
from videos.models import Video

UNCLEAR = (Cause.YOUTUBE_CHANGED, Cause.YOUTUBE_DOWN, Cause.RESTRICTED_HERE, Cause.SIGN_IN)
PAUSE = (
    30.0  # seconds for the lane: enough to open its breaker at once, which doubles it up to an hour
)
LONGEST_WAIT = timedelta(hours=1)


def is_about_us(video: Video, error: SourceError) -> bool:
    """Count what YouTube said about a video.

    Return whether it says it to everybody: then no attempt is used.

    A verdict in words we know is a good answer like any other.
    """
    if not isinstance(error, YouTubeChanged):
        note_good_answer()
        return False
    outages.note_reached()
    close_after = clients.SPELL_AFTER
    if error.cause == Cause.SIGN_IN:
        close_after = 1  # a page of Google's instead of the video's: it says nothing about a video
    return clients.note_refusal(
        Client.WATCH_PAGE,
        video.youtube_id,
        error,
        close_after=close_after,
        on_close=partial(put_back_counted, causes=UNCLEAR),
    )


def note_good_answer() -> None:
    """Note an answer we can read, whatever it says. No query while all is well."""
    outages.note_reached()
    since = clients.note_answer(Client.WATCH_PAGE)
    if since is not None:
        take_up_again(since, UNCLEAR)


def wait_out(record: VideoRecord, job: EnrichmentJob, error: SourceError) -> None:
    """Put the job off without using an attempt, behind all others: the next probe is another
    video's.
    """
    wait = jobs.growing_wait(job, timedelta(seconds=PAUSE), LONGEST_WAIT)
    with jobs.fenced(record.claim):
        jobs.lose_rank(record.claim)
        jobs.defer(record.claim, wait, error.cause)
