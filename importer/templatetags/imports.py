"""The running imports and the unseen summaries, on whatever page a person looks at."""

from typing import Any

from django import template
from django.template.context import RequestContext

from importer.imports.cut_short import may_be_read_again
from importer.imports.models import ACTIVE, BatchState, ImportItem
from importer.imports.progress import BatchProgress, shown_progress
from importer.imports.queries import CauseCount, causes_of, count_dead, reason_of
from videos.text import numbers_from

register = template.Library()

TOASTS = 3  # more than that nobody reads; the rest is on the page of imports
BANNERS = 3


@register.simple_tag(takes_context=True)
def imports_shown(context: RequestContext) -> list[BatchProgress]:
    """Return the running imports, and those that ended while their banner was `shown`: it stays, so
    that nothing on the page moves.
    """
    shown = _shown(context)
    found = []
    for progress in _progress(context):
        if progress.state in ACTIVE or progress.batch_id in shown:
            found.append(progress)
    return found[:BANNERS]


@register.simple_tag(takes_context=True)
def finished_imports(context: RequestContext) -> list[BatchProgress]:
    """Return the finished imports whose summary nobody has seen, and those that ended while this
    page was open: each open page says it once, whichever was the first.
    """
    found = []
    for progress in reversed(_progress(context)):
        if progress.state == BatchState.FINISHED and _is_said_here(context, progress):
            found.append(progress)
    return found[-TOASTS:]


def _is_said_here(context: RequestContext, progress: BatchProgress) -> bool:
    """Whether this page says the summary of a finished import."""
    if not progress.announced or progress.batch_id in _shown(context):
        return True
    opened_at, ended_at = context.get("since"), progress.finished_at
    return opened_at is not None and ended_at is not None and ended_at >= opened_at


def _progress(context: RequestContext) -> list[BatchProgress]:
    """Counted once per request, whatever is shown of it."""
    request: Any = context["request"]
    if not hasattr(request, "_shown_progress"):
        request._shown_progress = shown_progress(
            request.user, _shown(context), context.get("since")
        )
    progress: list[BatchProgress] = request._shown_progress
    return progress


def _shown(context: RequestContext) -> list[int]:
    """The imports whose banners the page has."""
    words: list[str] = context.get("shown") or []
    return numbers_from(words)


@register.filter
def causes(progress: BatchProgress) -> list[CauseCount]:
    if not progress.failed:
        return []
    return causes_of(progress.batch_id)


@register.filter
def dead(causes: list[CauseCount]) -> int:
    """Return how many videos no new attempt would bring."""
    return count_dead(causes)


@register.filter
def reason(item: ImportItem) -> str:
    return reason_of(item)


@register.filter
def readable_again(item: ImportItem) -> bool:
    return may_be_read_again(item)
