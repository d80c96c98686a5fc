"""What a lane must not forget when Redis lost everything: one row of the database, written only
when the pace or the breaker changes.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

from django.db import Error
from django.utils import timezone

from enrichment.models import LaneState

logger = logging.getLogger(__name__)


def seed(lane: str, base_delay: float) -> str | None:
    """The seed of a lane that Redis does not know, as JSON; None when the database cannot be asked
    either. Two to three queries at most.

    The row tells a first start (none yet: it is written now, and the burst is there at once) from a
    loss of memory (no burst, and an open breaker is still open). Of two first starts at the same
    moment the slower may bring its seed in first: then there is no burst.
    """
    try:
        row, first = LaneState.objects.get_or_create(lane=lane, defaults={"delay": base_delay})
    except Error:
        logger.warning(
            "The lane %s has no memory: Redis does not know it and the database does not answer",
            lane,
        )
        return None
    open_until = row.open_until.timestamp() if row.open_until else 0
    return json.dumps(
        {"first": first, "delay": row.delay, "open_until": open_until, "window": row.window}
        | _spent(row)
    )


def _spent(row: LaneState) -> dict[str, float]:
    """What was spent counts until an hour after it was written; before that it cannot be told when
    it was spent.
    """
    recent = timezone.now() - row.updated_at < timedelta(hours=1)
    return {"spent": row.spent if recent else 0, "spent_at": row.updated_at.timestamp()}


def recall(lane: str) -> LaneState | None:
    """The row, or None when there is none or the database does not answer. One query."""
    try:
        return LaneState.objects.filter(lane=lane).first()
    except Error:
        return None


def remember(lane: str, *, delay: float, open_until: float, window: float, spent: float) -> None:
    """Keep the pace and the breaker (`open_until` in seconds since 1970, 0 for closed).

    A database that is away loses only this memory.
    """
    until = datetime.fromtimestamp(open_until, UTC) if open_until else None
    try:
        LaneState.objects.update_or_create(
            lane=lane,
            defaults={"delay": delay, "open_until": until, "window": window, "spent": spent},
        )
    except Error:
        logger.warning("The state of the lane %s could not be kept in the database", lane)
