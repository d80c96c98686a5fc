"""The running imports and the unseen summaries, on whatever page a person looks at."""

from typing import Any

from django import template
from django.template.context import RequestContext

from importer.models import ACTIVE, BatchState, ImportBatch, ImportItem
from importer.progress import BatchProgress, active_progress, batch_progress, unannounced
from importer.queries import CauseCount, causes_of, reason_of

register = template.Library()

TOASTS = 3  # more than that nobody reads; the rest is on the page of imports
BANNERS = 3


@register.simple_tag(takes_context=True)
def imports_shown(context: RequestContext) -> list[BatchProgress]:
    """The running imports, and those that ended while their banner was `shown`: it stays, so that nothing on the page moves."""
    user: Any = context["request"].user
    every = [*active_progress(user), *_ended(context, user)]
    return sorted(every, key=lambda progress: -progress.batch_id)[:BANNERS]


@register.simple_tag(takes_context=True)
def finished_imports(context: RequestContext) -> list[BatchProgress]:
    """The finished imports whose summary nobody has seen, and those this page saw running: each open page says it once."""
    user: Any = context["request"].user
    seen_running = [progress for progress in _ended(context, user) if progress.state == BatchState.FINISHED]
    every = {progress.batch_id: progress for progress in (*unannounced(user), *seen_running)}
    return list(every.values())[-TOASTS:]


def _ended(context: RequestContext, user: Any) -> list[BatchProgress]:
    """Those of the page's `shown` imports that are at an end."""
    words: list[str] = context.get("shown") or []
    shown = [int(word) for word in words if word.isdecimal() and len(word) < 19]
    ended = ImportBatch.objects.filter(owner=user, pk__in=shown).exclude(state__in=ACTIVE).select_related("video_list") if shown else ()
    return [batch_progress(batch) for batch in ended]


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
