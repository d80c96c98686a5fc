"""The running imports and the unseen summaries, on whatever page a person looks at."""

from dataclasses import dataclass
from datetime import datetime

from django import template
from django.http import HttpRequest
from django.template.context import RequestContext

from importer.models import ImportItem
from importer.progress import BatchProgress, active_progress, unannounced
from importer.queries import CauseCount, causes_of, reason_of

register = template.Library()

TOASTS = 3  # more than that nobody reads; the rest is on the page of imports


@register.simple_tag(takes_context=True)
def running_imports(context: RequestContext) -> list[BatchProgress]:
    request: HttpRequest = context["request"]
    return active_progress(request.user)


@dataclass(frozen=True)
class Throttle:
    """YouTube is not asked before `until`; `waiting` videos of the user's imports wait for it."""

    until: datetime
    waiting: int


@register.filter
def throttle(running: list[BatchProgress]) -> Throttle | None:
    throttled = [(progress.throttled_until, progress.waiting) for progress in running if progress.throttled_until]
    return Throttle(max(until for until, _ in throttled if until), sum(waiting for _, waiting in throttled)) if throttled else None


@register.simple_tag(takes_context=True)
def finished_imports(context: RequestContext) -> list[BatchProgress]:
    """The finished imports whose summary nobody has seen."""
    request: HttpRequest = context["request"]
    return unannounced(request.user)[-TOASTS:]


@register.filter
def causes(progress: BatchProgress) -> list[CauseCount]:
    return causes_of(progress.batch_id) if progress.failed else []


@register.filter
def dead(causes: list[CauseCount]) -> int:
    """How many videos no new attempt would bring."""
    return sum(cause.count for cause in causes if not cause.retryable)


@register.filter
def reason(item: ImportItem) -> str:
    return reason_of(item)
