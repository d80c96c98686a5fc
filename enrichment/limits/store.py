"""The store of the lanes: what must not be forgotten when Redis has lost everything.

A row of the database, written only when the pace or the breaker changes.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import Error
from django.utils import timezone

from enrichment.models import LaneState

logger = logging.getLogger(__name__)


def load_seed(lane: str, base_delay: float) -> dict[str, Any] | None:
    """What Redis must know of a lane that it does not know; None when the database cannot be asked
    either. Two to three queries at most.

    The row tells a first start (none yet: it is written now, and the burst is there at once) from a
    loss of memory (no burst, and an open breaker is still open). Of two first starts at the same
    moment the slower may bring its seed in first: then there is no burst.
    """
    try:
        row, is_first = LaneState.objects.get_or_create(lane=lane, defaults={"delay": base_delay})
    except Error:
        logger.warning(
            "The lane %s has no memory: Redis does not know it and the database does not answer",
            lane,
        )
        return None
    # What was spent counts until an hour after it was written; before that it cannot be told when
    # it was spent.
    is_recent = timezone.now() - row.updated_at < timedelta(hours=1)
    return {
        "first": is_first,
        "delay": row.delay,
        "open_until": row.open_until.timestamp() if row.open_until else 0,
        "window": row.window,
        "spent": row.spent if is_recent else 0,
        "spent_at": row.updated_at.timestamp(),
    }


def load(lane: str) -> LaneState | None:
    """The row, or None when there is none or the database does not answer. One query."""
    try:
        return LaneState.objects.filter(lane=lane).first()
    except Error:
        return None


def save(lane: str, *, delay: float, open_until: float, window: float, spent: float) -> None:
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
