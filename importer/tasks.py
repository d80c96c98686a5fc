"""Celery's side of importing."""

from celery import shared_task

from importer import expansion, settling


@shared_task
def expand() -> None:
    """Read one playlist; the next one gets a task of its own, so that none holds a worker for long."""
    if expansion.expand_next():
        expand.delay()


@shared_task
def settle() -> None:
    settling.finish_all_done()
    expand.delay()
