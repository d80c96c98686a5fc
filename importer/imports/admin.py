"""Imports in the admin: what was given, what became of it, and the person's levers."""

from collections.abc import Callable
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from importer.imports import services
from importer.imports.models import Expansion, IdempotencyKey, ImportBatch, ImportItem
from importer.imports.progress import BatchProgress, progress_of
from importer.intake.admin_import import BulkImport
from importer.parsing import Reason
from videos.admin import Internal, ReadOnly
from videos.admin_lists import known_values
from videos.causes import Cause

Lever = Callable[..., Any]


def pull(
    model_admin: "ImportAdmin", request: HttpRequest, batches: QuerySet[ImportBatch], lever: Lever
) -> None:
    """Pull a lever of each; those whose state forbids it are counted and left alone."""
    done = refused = 0
    for batch in batches.select_related("video_list"):
        try:
            lever(batch=batch)
            done += 1
        except services.ImportStateError:
            refused += 1
    model_admin.message_user(
        request,
        ngettext("%(count)s import.", "%(count)s imports.", done) % {"count": done},
        messages.SUCCESS,
    )
    if refused:
        text = ngettext(
            "%(count)s import does not allow that now.",
            "%(count)s imports do not allow that now.",
            refused,
        )
        model_admin.message_user(request, text % {"count": refused}, messages.WARNING)


@admin.register(ImportBatch)
class ImportAdmin(BulkImport, ReadOnly):
    list_display = (
        "id",
        "owner",
        "video_list",
        "source",
        "state",
        "total",
        "done",
        "failed",
        "percent",
        "created_at",
        "finished_at",
    )
    list_select_related = ("owner", "video_list")
    list_filter = ("state", "source", "created_at")
    search_fields = ("=id", "owner__username", "video_list__name")
    ordering = ("-id",)
    actions = ("pause", "resume", "cancel", "retry", "move_to_front")

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """Count the progress of the page's imports together."""
        changelist = super().get_changelist_instance(request)
        batches: list[Any] = list(changelist.result_list)
        for batch, progress in zip(batches, progress_of(batches), strict=True):
            batch.counted = progress
        changelist.result_list = batches
        return changelist

    def progress(self, batch: Any) -> BatchProgress:
        """As counted for the page."""
        return cast(BatchProgress, batch.counted)

    @admin.display(description=gettext_lazy("videos"))
    def total(self, batch: ImportBatch) -> int:
        return self.progress(batch).total

    @admin.display(description=gettext_lazy("done"))
    def done(self, batch: ImportBatch) -> int:
        return self.progress(batch).done

    @admin.display(description=gettext_lazy("failed"))
    def failed(self, batch: ImportBatch) -> int:
        return self.progress(batch).failed

    @admin.display(description=gettext_lazy("percent"))
    def percent(self, batch: ImportBatch) -> int:
        return self.progress(batch).percent

    @admin.action(description=gettext_lazy("Pause"), permissions=["work"])
    def pause(self, request: HttpRequest, batches: QuerySet[ImportBatch]) -> None:
        pull(self, request, batches, services.pause_batch)

    @admin.action(description=gettext_lazy("Resume"), permissions=["work"])
    def resume(self, request: HttpRequest, batches: QuerySet[ImportBatch]) -> None:
        pull(self, request, batches, services.resume_batch)

    @admin.action(description=gettext_lazy("Cancel"), permissions=["work"])
    def cancel(self, request: HttpRequest, batches: QuerySet[ImportBatch]) -> None:
        pull(self, request, batches, services.cancel_batch)

    @admin.action(description=gettext_lazy("Retry the failed videos"), permissions=["work"])
    def retry(self, request: HttpRequest, batches: QuerySet[ImportBatch]) -> None:
        pull(self, request, batches, services.retry_batch)

    @admin.action(description=gettext_lazy("Move to front"), permissions=["work"])
    def move_to_front(self, request: HttpRequest, batches: QuerySet[ImportBatch]) -> None:
        pull(self, request, batches, services.move_batch_to_front)


@admin.register(ImportItem)
class ItemAdmin(Internal):
    list_display = ("batch", "number", "line", "text", "verdict", "because", "video")
    list_select_related = ("video", "batch")
    list_filter = ("verdict", ("reason", known_values([*Reason.values, *Cause.values])))
    search_fields = ("text", "video__youtube_id__exact", "=batch__id")
    ordering = ("-id",)

    @admin.display(description=gettext_lazy("reason"))
    def because(self, item: ImportItem) -> str:
        return item.reason_text


@admin.register(Expansion)
class ExpansionAdmin(Internal):
    list_display = ("item", "batch", "taken", "attempts", "not_before", "lease_until")
    list_select_related = ("item", "batch")
    ordering = ("id",)


@admin.register(IdempotencyKey)
class IdempotencyKeyAdmin(Internal):
    list_display = ("key", "owner", "status", "created_at")
    list_select_related = ("owner",)
    search_fields = ("key", "owner__username")
    ordering = ("-id",)
    deletable = True
