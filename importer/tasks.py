"""Celery's side of importing."""

from celery import Task, shared_task
from django.utils import timezone

from importer.following import services as following
from importer.imports import expansion, settling
from importer.webhooks import services as webhooks
from videos.changes import purge_changes
from videos.services import purge_deleted_lists

HINT = 10  # seconds a message counts: by then the beat has sent another


@shared_task(
    bind=True, time_limit=840
)  # seconds; below the broker's visibility timeout: 10,000 entries are 100 pages at the lane's pace
def expand(self: Task[..., None]) -> None:
    """Read one playlist; the next one gets a task of its own, so that none holds a worker for long."""
    if expansion.expand_next(node=str(self.request.hostname), task=str(self.request.id)):
        expand.apply_async(expires=HINT)


@shared_task
def settle() -> None:
    settling.finish_all_done()
    purge_deleted_lists(timezone.now())
    purge_changes(timezone.now())
    expand.apply_async(expires=HINT)


@shared_task(bind=True, time_limit=600)
def check_follows(self: Task[..., None]) -> None:
    """Check one followed playlist or channel; the next one gets a task of its own."""
    if following.check_next(
        timezone.now(), node=str(self.request.hostname), task=str(self.request.id)
    ):
        check_follows.apply_async(expires=HINT)


@shared_task(time_limit=60)
def deliver() -> None:
    """Send one message to a webhook; the next one gets a task of its own."""
    if webhooks.deliver_next(timezone.now()):
        deliver.apply_async(expires=HINT)
