"""The user's imports: the pages that list them and what can be done with one."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST
from django_htmx.http import trigger_client_event

from enrichment.services import refresh_videos, retry_video, retry_videos
from importer.imports import services
from importer.imports.access import batch_of
from importer.imports.again import has_something_to_start, start_again
from importer.imports.cut_short import lists_cut_short
from importer.imports.ledger import items_as_csv
from importer.imports.models import BatchState, ImportBatch, ImportItem, Verdict
from importer.imports.progress import batch_progress, progress_of
from importer.imports.queries import (
    VerdictCount,
    causes_of,
    count_dead,
    dead_videos,
    items_of,
    verdicts_of,
)
from videos.access import Request, list_of, signed_in, video_of
from videos.causes import Cause
from videos.chunks import chunks
from videos.filters import Filters
from videos.lookups import looking_up_by_index
from videos.models import Video
from videos.queries import AllVideos, entries_of
from videos.responses import done
from videos.search.actions import chosen_videos, respond
from videos.selection import remove_with_undo
from videos.streaming import StreamedFile
from videos.text import number_from, one_of
from videos.views.changes import respond_with_text, respond_with_toast, respond_with_undo
from videos.views.entries import chosen_ids

IMPORTS_PER_PAGE = 30
ITEMS_PER_PAGE = 200


@signed_in
@require_GET
def banner(request: Request) -> HttpResponse:
    """The running imports and the summaries not yet seen, for a page that is open since `since`
    (microseconds from 1970 on) and shows the banners of `shown`.
    """
    shown = request.GET.get("shown", "").split(",")[:20]
    opened_at = _moment_from(request.GET.get("since", ""))
    return render(request, "importer/_live.html", {"shown": shown, "since": opened_at})


def _moment_from(microseconds: str) -> datetime | None:
    """None for what is no number of microseconds from 1970 on, and for what is yet to come."""
    number = number_from(microseconds)
    if number is None or number > time.time() * 1_000_000:
        return None
    return datetime.fromtimestamp(0, UTC) + timedelta(microseconds=number)


@signed_in
@require_GET
def import_list(request: Request) -> HttpResponse:
    batches = ImportBatch.objects.of(request.user).order_by("-id")
    page = Paginator(batches, IMPORTS_PER_PAGE).get_page(request.GET.get("page"))
    return render(
        request,
        "importer/import_list.html",
        {"page": page, "imports": list(zip(page, progress_of(list(page)), strict=True))},
    )


@signed_in
@require_GET
def import_detail(request: Request, batch_id: int) -> HttpResponseBase:
    """One import with every line of it; `?format=csv` downloads them."""
    batch = batch_of(request.user, batch_id)
    verdict = request.GET.get("verdict", "")
    cause = request.GET.get("cause", "")
    items = items_of(
        batch, verdict=one_of(Verdict.values, verdict), cause=one_of(Cause.values, cause)
    )
    if request.GET.get("format") == "csv":
        return _csv(batch, items)
    causes, verdicts = causes_of(batch.pk), verdicts_of(batch)
    pages = Paginator(items, ITEMS_PER_PAGE)
    if not cause:  # it is counted already
        pages.count = _count_lines(verdicts, verdict)
    with looking_up_by_index():
        page = pages.get_page(request.GET.get("page"))
        page.object_list = list(page.object_list)
    context = {
        "batch": batch,
        "progress": batch_progress(batch),
        "verdicts": verdicts,
        "causes": causes,
        "dead": count_dead(causes),
        "cut_short": _count_cut_short(batch),
        "may_start_again": batch.state == BatchState.CANCELLED and has_something_to_start(batch),
        "verdict": verdict,
        "cause": cause,
        "page": page,
    }
    return render(request, "importer/import_detail.html", context)


def _count_lines(verdicts: Iterable[VerdictCount], verdict: str) -> int:
    """`verdict`: "" for lines of any."""
    count = 0
    for row in verdicts:
        if verdict in ("", row.verdict):
            count += row.count
    return count


def _count_cut_short(batch: ImportBatch) -> int:
    """Count the playlists that may be read again."""
    if batch.state == BatchState.CANCELLED:
        return 0
    return lists_cut_short(batch).count()


def _csv(batch: ImportBatch, items: QuerySet[ImportItem]) -> StreamedFile:
    return StreamedFile(
        items_as_csv(items),
        content_type="text/csv; charset=utf-8",
        filename=f"import-{batch.pk}.csv",
    )


def _action(act: Callable[..., Any]) -> Callable[..., HttpResponse]:
    """A view that does one thing to an import.

    What its state forbids was usually done in another tab: the page shows it.
    """

    @signed_in
    @require_POST
    def view(request: Request, batch_id: int) -> HttpResponse:
        batch = batch_of(request.user, batch_id)
        with suppress(services.ImportStateError):
            act(request, batch)
        return done(request, "import_list", imports_changed={})

    return view


def _retry(request: Request, batch: ImportBatch) -> None:
    cause = one_of(Cause.values, request.POST.get("cause", ""))
    services.retry_batch(batch=batch, cause=cause or None)


def _read_again(request: Request, batch: ImportBatch) -> None:
    named = request.POST.get("item", "")
    item = number_from(named)
    if item is not None or not named:  # that line, or all
        services.read_lists_again(batch=batch, item=item)


import_pause = _action(lambda request, batch: services.pause_batch(batch=batch))
import_resume = _action(lambda request, batch: services.resume_batch(batch=batch))
import_cancel = _action(lambda request, batch: services.cancel_batch(batch=batch))
import_front = _action(lambda request, batch: services.move_batch_to_front(batch=batch))
import_retry = _action(_retry)
import_read_again = _action(_read_again)
import_announce = _action(lambda request, batch: services.mark_announced(batch=batch))


@signed_in
@require_POST
def import_again(request: Request, batch_id: int) -> HttpResponse:
    """Start a cancelled import again; leads to the new one."""
    batch = batch_of(request.user, batch_id)
    if batch.state != BatchState.CANCELLED:
        return redirect("import_detail", batch.pk)
    list_of(request.user, batch.video_list_id)  # 404 for a deleted one
    report = start_again(batch=batch)
    messages.success(request, _("The import has started again."))
    return redirect("import_detail", report.batch.pk)


@signed_in
@require_POST
def import_remove_dead(request: Request, batch_id: int) -> HttpResponse:
    """Take the videos out of the list that no new attempt would bring."""
    batch = batch_of(request.user, batch_id)
    ids = dead_videos(batch)
    change = remove_with_undo(video_list=batch.video_list, video_ids=ids)
    text = ngettext("%(count)d video removed.", "%(count)d videos removed.", change.count)
    response = respond_with_undo(request, change, text % {"count": change.count}, removed=ids)
    return trigger_client_event(response, "imports-changed", {})


@signed_in
@require_POST
def video_retry(request: Request, video_id: int) -> HttpResponse:
    video = video_of(request.user, video_id)
    retry_video(video=video)
    text = _tried_again(1)
    if not request.htmx:
        messages.success(request, text)
        return done(request, video)
    response = respond_with_toast(request, text)
    return trigger_client_event(response, "videos-changed", {"ids": [video.pk]})


@signed_in
@require_POST
def videos_retry(request: Request) -> HttpResponse:
    """A new attempt for all of a person's failed videos that the filters `query` show, or for those
    of one `cause`.
    """
    filters = Filters.parse(QueryDict(request.POST.get("query", "")))
    entries = entries_of(AllVideos(request.user), filters)
    failed = Video.objects.filter(pk__in=entries.order_by().values("video"))
    cause = request.POST.get("cause", "")
    if cause:
        failed = failed.filter(error_cause=cause)
    messages.success(request, _tried_again(retry_videos(videos=failed)))
    return redirect("video_list")


@signed_in
@require_POST
def video_refresh(request: Request, video_id: int) -> HttpResponse:
    """Ask YouTube again for a finished video's title, chapters and captions."""
    video = video_of(request.user, video_id)
    refresh_videos(videos=Video.objects.filter(pk=video.pk))
    messages.success(request, _("YouTube is asked again for this video."))
    return done(request, video, videos_changed={"ids": [video.pk]})


@signed_in
@require_POST
def entries_retry(request: Request, list_id: int) -> HttpResponse:
    """A new attempt for those of the chosen videos that failed."""
    video_list = list_of(request.user, list_id)
    ids = chosen_ids(request, video_list)
    text = _retry_failed(Video.objects.filter(entries__video_list=video_list), ids)
    response = respond_with_text(request, video_list, text)
    return trigger_client_event(response, "videos-changed", {"ids": ids[:200]})


@signed_in
@require_POST
def found_retry(request: Request) -> HttpResponse:
    """The same for the chosen videos of a search."""
    ids = chosen_videos(request)
    text = _retry_failed(Video.objects.visible_to(request.user), ids)
    response = respond(request, text)
    return trigger_client_event(response, "videos-changed", {"ids": ids[:200]})


def _retry_failed(mine: QuerySet[Video], ids: Sequence[int]) -> str:
    """Try those of the videos again that failed, and return what to say about it."""
    count = 0
    for some in chunks(ids):
        count += retry_videos(videos=mine.filter(pk__in=some))
    if not count:
        return _("Nothing to try again: no chosen video failed.")
    return _tried_again(count)


def _tried_again(count: int) -> str:
    text = ngettext("%(count)d video is tried again.", "%(count)d videos are tried again.", count)
    return text % {"count": count}
