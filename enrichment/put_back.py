"""Undo what a spell or an outage did to videos before it was noticed, and take up what waited when
it is over.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from django.db.models import F
from django.db.models.functions import Greatest, Now

from enrichment import jobs, services
from enrichment.client_state import ClientState
from enrichment.models import EnrichmentJob
from videos.causes import Cause
from videos.models import Video
from videos.stages import Stage


def put_back_counted(state: ClientState, causes: Sequence[Cause]) -> None:
    """Give the videos of a client's streak their attempt back, and take those that ended by these
    causes out of their error.

    They go behind all others, so that the probes are made with videos that nobody has asked for
    yet. Ten videos that YouTube really refuses in new words are not told from a refusal of
    everybody: those wait until it answers in words we know.
    """
    counted = Video.objects.filter(youtube_id__in=state.streak)
    services.retry_videos(videos=counted.filter(import_stage=Stage.ERROR, error_cause__in=causes))
    last = EnrichmentJob.objects.order_by("-rank").values_list("rank", flat=True).first() or 0
    waiting = EnrichmentJob.objects.unheld().filter(video__in=counted, last_cause__in=causes)
    jobs.bring_forward(waiting, attempts=Greatest(F("attempts") - 1, 0), rank=last + 1)


def take_up_again(since: datetime, causes: Sequence[Cause]) -> None:
    """It is over: what ended by these causes since then gets a new attempt, and what waits because
    of them is due now.
    """
    failed = Video.objects.filter(
        import_stage=Stage.ERROR, error_cause__in=causes, finished_at__gte=since
    )
    services.retry_videos(videos=failed)
    later = EnrichmentJob.objects.unheld().filter(last_cause__in=causes, not_before__gt=Now())
    jobs.bring_forward(later)
