"""The captions of one video, asked for with one client after the other until one of them gives a
track.

The watch page's own open tracks come first, then the second client, then youtube-transcript-api.
What a client says here counts for that client alone: it never ends a video, and it says nothing
about the permit. A client that refuses everybody is closed by itself and not asked; a video that
gets no track from any is complete, and its captions come later.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from django.db.models import QuerySet
from django.utils import timezone

from enrichment import clients, jobs
from enrichment.client_state import Client
from enrichment.errors import NetworkBlip, SourceError, Throttled
from enrichment.models import EnrichmentJob
from enrichment.sources.types import (
    CaptionTrack,
    TranscriptInfo,
    VideoInfo,
    VideoSource,
    Withheld,
)
from videos.causes import Cause
from videos.stages import Stage

Found = TranscriptInfo | Withheld | None
Fetch = Callable[[], Found]
CAPTION_CLIENTS = (Client.PAGE_CAPTIONS, Client.SECOND_CLIENT, Client.TRANSCRIPT_API)
MOST_COUNTED = 1000  # waiting videos: counting more would cost each of them a look at all others
# seconds of room for each video that waits for a closed client, so that few of them probe in vain
APART = 5.0
FIRST_WAIT = timedelta(minutes=2)
LONGEST_WAIT = timedelta(hours=6)


@dataclass(frozen=True)
class Captions:
    """`found` None and `withheld` None: the video has no captions. `withheld`: why they come later.

    `asked`: whether any client was asked; False when all of them are closed.
    """

    found: TranscriptInfo | None = None
    withheld: Cause | None = None
    asked: bool = True


def fetch_captions(
    source: VideoSource,
    youtube_id: str,
    info: VideoInfo,
    languages: Sequence[str],
    *,
    with_patience: Callable[[Fetch], Found],
) -> Captions:
    """Ask the clients in turn.

    No request without listed tracks, one with open ones, two with withheld ones.

    `with_patience` runs the first question, so that a network blip is tried again in place. Raises
    nothing of a client.
    """
    if not info.tracks:
        return Captions()
    last: Cause | None = None
    for client, fetch in _questions(source, youtube_id, info, languages):
        if not clients.may_ask(client):
            continue
        try:
            found = with_patience(fetch)
        except SourceError as error:
            clients.note_refusal(client, youtube_id, error)
            last = _cause_to_wait_for(error)
            if _is_of_the_way_there(error):
                break
            continue
        if isinstance(found, TranscriptInfo):
            note_captions(client)
            return Captions(found)
        if found is None:
            return Captions()
        if client != Client.PAGE_CAPTIONS:
            refusal = Throttled(Cause.BLOCKED, "tracks listed, none given")
            clients.note_refusal(client, youtube_id, refusal)
        last = Cause.BLOCKED
    return Captions(withheld=last or Cause.BLOCKED, asked=last is not None)


def _is_of_the_way_there(error: SourceError) -> bool:
    """Return whether another client would meet the same: the network, or too many requests."""
    return isinstance(error, NetworkBlip) or error.status == 429


def _questions(
    source: VideoSource, youtube_id: str, info: VideoInfo, languages: Sequence[str]
) -> Iterator[tuple[Client, Fetch]]:
    """Yield which client is asked what. The page has none of its own where all are withheld."""
    if _is_any_open(info.tracks):
        yield Client.PAGE_CAPTIONS, partial(source.fetch_open_track, info, languages)
    yield (
        Client.SECOND_CLIENT,
        partial(source.fetch_track_of_second_client, youtube_id, languages),
    )
    yield (
        Client.TRANSCRIPT_API,
        partial(source.fetch_track_of_transcript_api, youtube_id, languages),
    )


def _is_any_open(tracks: Sequence[CaptionTrack]) -> bool:
    for track in tracks:
        if not track.blocked:
            return True
    return False


def _cause_to_wait_for(error: SourceError) -> Cause:
    """Return why captions wait. A client's verdict says nothing about the video."""
    if isinstance(error, Throttled | NetworkBlip):
        return error.cause
    return Cause.BLOCKED


def note_captions(client: Client) -> None:
    """A client gave a track; when it had been closed, the captions that waited for it are fetched
    now.
    """
    if clients.note_answer(client) is None:
        return
    jobs.bring_forward(waiting_for_captions())


def waiting_for_captions() -> QuerySet[EnrichmentJob]:
    """The jobs of complete videos whose captions come later."""
    return EnrichmentJob.objects.filter(
        lease_until=None,
        video__import_stage=Stage.COMPLETE,
        video__described_at__isnull=False,
        last_cause__in=(Cause.BLOCKED, Cause.THROTTLED, Cause.NETWORK),
    )


def wait_for_captions(job: EnrichmentJob) -> timedelta:
    """How long until a video asks for its captions again: not before a closed client is."""
    again = clients.asked_again_at(CAPTION_CLIENTS)
    if again is None:
        return jobs.growing_wait(job, FIRST_WAIT, LONGEST_WAIT)
    return wait_for_probe(again, waiting_for_captions())


def wait_for_probe(again: datetime, waiting: QuerySet[EnrichmentJob]) -> timedelta:
    """How long one of these waiting jobs waits for a closed client, which is asked `again` at that
    moment: some time longer, so that thousands of videos do not all probe it.
    """
    rest = max(again - timezone.now(), timedelta(0))
    room = APART * waiting[:MOST_COUNTED].count()
    return rest + timedelta(seconds=random.uniform(0, room))
