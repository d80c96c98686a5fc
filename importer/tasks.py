"""Celery's side of importing."""

from celery import shared_task
from django.utils import timezone

from importer import expansion, following, settling, webhooks
from videos.services import purge_deleted_lists


@shared_task
def expand() -> None:
    """Read one playlist; the next one gets a task of its own, so that none holds a worker for long."""
    if expansion.expand_next():
        expand.delay()


@shared_task
def settle() -> None:
    settling.finish_all_done()
    purge_deleted_lists(timezone.now())
    expand.delay()


@shared_task(time_limit=600)
def check_follows() -> None:
    """Check one followed playlist or channel; the next one gets a task of its own."""
    if following.check_next(timezone.now()):
        check_follows.delay()


@shared_task(time_limit=60)
def deliver() -> None:
    """Send one message to a webhook; the next one gets a task of its own."""
    if webhooks.deliver_next(timezone.now()):
        deliver.delay()
