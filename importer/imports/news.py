"""What of an import is told to an owner who is elsewhere, by mail or by their browser.

An import is news when it ends after five minutes or more, and when it stands still until somebody
acts: YouTube wants a sign-in (new cookies), has changed something, or is not reached, for ten
minutes or more. A wait for YouTube's pace or for the next hour ends by itself and is no news.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from enrichment.troubles import Standstill
from importer.imports.models import Source

LONG = timedelta(minutes=5)
STANDSTILL = timedelta(minutes=10)  # a line that is cut for a moment is no news


def end_is_news(source: str, created_at: datetime, finished_at: datetime | None) -> bool:
    """Whether the end of an import is told to its owner.

    A follow's import was begun by nobody, so nobody waits for it.
    """
    if finished_at is None or source == Source.FOLLOW:
        return False
    return finished_at - created_at >= LONG


def is_standstill(trouble: Standstill | None, *, now: datetime) -> bool:
    """Whether this trouble has lasted so long that people are told of it."""
    return trouble is not None and now - trouble.since >= STANDSTILL
