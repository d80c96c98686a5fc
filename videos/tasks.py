"""Celery's side of the library."""

from celery import shared_task

from videos.search import building

MENDED_FOR = 5.0  # seconds of a run; the next one goes on


@shared_task(time_limit=60)
def mend_search() -> None:
    """Make documents that are missing or old, and merge what was written."""
    building.mend(seconds=MENDED_FOR)
    building.tidy()
