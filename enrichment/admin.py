"""The queue and the lanes in the admin: to look at, with the levers that are safe to pull."""

from datetime import datetime
from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from enrichment import jobs, limits
from enrichment.client_state import Client, ClientState
from enrichment.limits import LaneStatus
from enrichment.models import EnrichmentJob, LaneState, TranscriptionDraft, TranscriptionUse
from enrichment.outlook import outlook
from enrichment.services import refresh_videos, retry_videos
from enrichment.troubles import TO_THE_OPERATOR
from enrichment.ytdlp import versions
from videos.admin import Internal, ReadOnly, VideoAdmin
from videos.admin_lists import known_values
from videos.causes import Cause
from videos.models import Video


@admin.register(EnrichmentJob)
class JobAdmin(ReadOnly):
    """Read only: leases and fences belong to the workers."""

    list_display = (
        "video",
        "rank",
        "bulk",
        "held",
        "not_before",
        "attempts",
        "throttled_rounds",
        "last_cause",
        "node",
        "lease_until",
    )
    list_select_related = ("video",)
    list_filter = (
        "work",
        "held",
        "bulk",
        ("last_cause", known_values([*Cause.values, jobs.SUSPECT])),
        ("lease_until", admin.EmptyFieldListFilter),
    )
    search_fields = ("video__youtube_id__exact", "video__title")
    ordering = ("rank", "id")


def ytdlp_line() -> str:
    """Say which yt-dlp the workers use, how old it is, and where it comes from."""
    found = versions.describe(timezone.localdate())
    parts = [f"yt-dlp {found.version}"]
    if found.days_old is not None:
        days = {"count": found.days_old}
        parts.append(ngettext("%(count)s day old", "%(count)s days old", found.days_old) % days)
    if found.channel:
        parts.append(gettext("updated in DATA_DIR"))
    if found.newer:
        parts.append(gettext("%(version)s is there") % {"version": found.newer})
    return ", ".join(parts)


@admin.register(LaneState)
class LaneAdmin(ReadOnly):
    """What a lane remembers, next to what it does now."""

    list_display = (
        "lane",
        "breaker",
        "pace",
        "budget_left",
        "in_flight",
        "open_until",
        "updated_at",
    )
    actions = ("close_breaker",)
    ordering = ("lane",)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        waiting, now = jobs.waiting_for().count(), timezone.now()
        said = ngettext("%(count)s video waits", "%(count)s videos wait", waiting) % {
            "count": waiting
        }
        if (end := outlook().ends_at(waiting, now=now)) is not None:
            said += gettext(", done about %(time)s") % {
                "time": date_format(timezone.localtime(end), "SHORT_DATETIME_FORMAT")
            }
        said += f" · {ytdlp_line()}"
        return super().changelist_view(request, {**(extra_context or {}), "subtitle": said})

    def state(self, row: Any) -> LaneStatus | None:
        """None for a lane the settings no longer have. Redis is asked once per row."""
        if not hasattr(row, "state"):
            try:
                row.state = limits.lane(row.lane).limiter.state()
            except LookupError:
                row.state = None
        return cast(LaneStatus | None, row.state)

    @admin.display(description=_("breaker"))
    def breaker(self, row: LaneState) -> str | None:
        names = {"closed": _("closed"), "open": _("open"), "half_open": _("trying")}
        state = self.state(row)
        return str(names[state.breaker]) if state else None

    @admin.display(description=_("open until"))
    def open_until(self, row: LaneState) -> datetime | None:
        state = self.state(row)
        return state.open_until if state else None

    @admin.display(description=_("seconds between two requests"))
    def pace(self, row: LaneState) -> str | None:
        state = self.state(row)
        return f"{state.delay:.1f}" if state else None

    @admin.display(description=_("left this hour"))
    def budget_left(self, row: LaneState) -> int | None:
        state = self.state(row)
        return int(state.budget_left) if state else None

    @admin.display(description=_("running now"))
    def in_flight(self, row: LaneState) -> int | None:
        state = self.state(row)
        return state.in_flight if state else None

    @admin.action(description=_("Lift the block: ask again at once"), permissions=["work"])
    def close_breaker(self, request: HttpRequest, lanes: QuerySet[LaneState]) -> None:
        for row in lanes:
            if self.state(row) is not None:
                limits.lane(row.lane).limiter.close_breaker()
        self.message_user(request, _("The block is lifted."), messages.SUCCESS)


@admin.register(ClientState)
class ClientAdmin(ReadOnly):
    """What each client was told lately; one that is closed is asked with one video now and then."""

    list_display = (
        "client",
        "closed_since",
        "closed_until",
        "cause",
        "detail",
        "what_helps",
        "updated_at",
    )
    ordering = ("client",)

    @admin.display(description=_("what helps"))
    def what_helps(self, row: ClientState) -> str | None:
        if row.closed_since is None:
            return None
        return TO_THE_OPERATOR.get(Client(row.client))


@admin.register(TranscriptionDraft)
class DraftAdmin(Internal):
    list_display = ("video", "language")
    list_select_related = ("video",)
    search_fields = ("video__youtube_id__exact",)
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[TranscriptionDraft]:
        return super().get_queryset(request).defer("parts", "session")


@admin.register(TranscriptionUse)
class UseAdmin(Internal):
    list_display = ("video", "user", "day", "seconds")
    list_select_related = ("video", "user")
    list_filter = ("day",)
    search_fields = ("video__youtube_id__exact", "user__username")
    ordering = ("-id",)


@admin.action(description=_("Retry the failed ones"), permissions=["work"])
def retry(model_admin: VideoAdmin, request: HttpRequest, videos: QuerySet[Video]) -> None:
    count = retry_videos(videos=videos)
    said = ngettext(
        "%(count)s video is tried again.", "%(count)s videos are tried again.", count
    ) % {"count": count}
    model_admin.message_user(request, said, messages.SUCCESS)


@admin.action(description=_("Ask YouTube again about the finished ones"), permissions=["work"])
def refresh(model_admin: VideoAdmin, request: HttpRequest, videos: QuerySet[Video]) -> None:
    count = refresh_videos(videos=videos)
    said = ngettext(
        "YouTube is asked again about %(count)s video.",
        "YouTube is asked again about %(count)s videos.",
        count,
    )
    model_admin.message_user(request, said % {"count": count}, messages.SUCCESS)


# The library knows nothing of the queue.
VideoAdmin.actions = [retry, refresh]  # type: ignore[misc]
