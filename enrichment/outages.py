"""No network is not YouTube: a refused proxy, a name that is not found, a cut line, somebody else's
certificate.

Such a failure uses up no attempt of the video that met it. It is an outage at once, a server error
for three different videos in a row: it is said as what it is, and the first answer ends it and
takes up all that waited.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial

from enrichment import clients, jobs
from enrichment.client_state import Client
from enrichment.errors import NetworkBlip
from enrichment.models import EnrichmentJob
from enrichment.put_back import put_back_counted, take_up_again
from enrichment.record import VideoRecord
from videos.causes import Cause
from videos.models import Video

CAUSES_OF_OUTAGES = (Cause.NETWORK, Cause.YOUTUBE_DOWN)
FIRST_WAIT = timedelta(seconds=30)  # doubled by each round
LONGEST_WAIT = timedelta(hours=1)
MOST_ROUNDS = (
    30  # a day of tries for one video while others get their answer; then it is said to be in error
)


put_back = partial(put_back_counted, causes=CAUSES_OF_OUTAGES)


def is_outage(video: Video, job: EnrichmentJob, error: NetworkBlip) -> bool:
    """Count the failure.

    Return whether it costs the video nothing: it is met by others too, or nothing was reached at
    all.
    """
    close_after = clients.CLOSE_AFTER
    if error.cause == Cause.NETWORK:
        close_after = 1  # it was tried several times, and nothing about the video was ever asked
    everywhere = clients.note_refusal(
        Client.NETWORK, video.youtube_id, error, close_after=close_after, on_close=put_back
    )
    nothing_reached = error.cause == Cause.NETWORK and job.throttled_rounds < MOST_ROUNDS
    return everywhere or nothing_reached


def wait_for_the_network(record: VideoRecord, job: EnrichmentJob, error: NetworkBlip) -> None:
    """Put the job off, using no attempt."""
    wait = jobs.growing_wait(job, FIRST_WAIT, LONGEST_WAIT, error.retry_after)
    record.defer(wait, error.cause)


def note_reached() -> None:
    """YouTube was reached, whatever it answered. No query while all is well."""
    since = clients.note_answer(Client.NETWORK)
    if since is not None:
        take_up_again(since, CAUSES_OF_OUTAGES)
