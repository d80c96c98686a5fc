"""Celery's side of importing. Each run takes one piece of work, and says that there may be more."""

from celery import Task, shared_task
from django.core.cache import cache
from django.utils import timezone

from enrichment import pump
from enrichment.hints import send_on
from enrichment.tasks import holder_of
from importer.following import checks
from importer.imports import actions, counts, reading, settling
from importer.imports.slices import take_abandoned_slices
from importer.notices import services as notices
from importer.webhooks import operator
from importer.webhooks import services as webhooks
from videos.changes import purge_changes
from videos.counts import recount_next
from videos.services import purge_deleted_lists

# The last list and the last import whose counts were looked at; lost with Redis, it begins anew.
RECOUNTED = "recounted"
RECOUNTED_IMPORT = "recounted_import"
LISTS_AT_ONCE = 5
IMPORTS_AT_ONCE = 3


@shared_task(bind=True, time_limit=reading.TIME_LIMIT)
def read_next(self: Task[..., None]) -> None:
    """Read a page of a playlist."""
    wait = reading.read_next_page(holder_of(self))
    if wait is None:
        send_on(self.name)
    else:
        pump.arm(self.name, wait)


@shared_task
def carry_on() -> None:
    """Do a part of what a person asked of a large import."""
    if actions.carry_on_next():
        send_on(actions.TASK)


@shared_task
def settle() -> None:
    counts.fold()
    if actions.is_anything_left():
        send_on(actions.TASK)
    settling.reconcile_held()
    take_abandoned_slices(timezone.now())
    settling.finish_all_done()
    purge_deleted_lists(timezone.now())
    purge_changes(timezone.now())
    _recount_a_few()


def _recount_a_few() -> None:
    """Look at the counts of a few lists and imports after those of the last time."""
    last = cache.get(RECOUNTED, 0)
    cache.set(RECOUNTED, recount_next(last, lists=LISTS_AT_ONCE), timeout=None)
    last = cache.get(RECOUNTED_IMPORT, 0)
    last = counts.recount_next(last, imports=IMPORTS_AT_ONCE)
    cache.set(RECOUNTED_IMPORT, last, timeout=None)


@shared_task(bind=True, time_limit=600)
def check_next(self: Task[..., None]) -> None:
    """Check one followed playlist or channel."""
    if checks.check_next(holder_of(self), now=timezone.now()):
        send_on(self.name)


@shared_task(bind=True, time_limit=60)
def deliver_next(self: Task[..., None]) -> None:
    """Send one message to a webhook."""
    if webhooks.deliver_next(holder_of(self), now=timezone.now()):
        send_on(self.name)


@shared_task
def tell_operator() -> None:
    """Write messages for the operator's webhook, about what stands still."""
    operator.tell_operator(now=timezone.now())


@shared_task(bind=True, time_limit=60)
def send_next_mail(self: Task[..., None]) -> None:
    """Send one mail about an import."""
    if notices.send_next(holder_of(self), now=timezone.now()):
        send_on(self.name)


@shared_task
def announce_standstill() -> None:
    """Write mails to people whose imports stand still until somebody acts."""
    notices.announce_standstill(now=timezone.now())
