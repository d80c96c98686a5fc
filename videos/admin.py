"""The library in the admin: to look things up and to put lists right.

What the pipeline writes is shown, not edited.
"""

from typing import Any

import django_otp.plugins.otp_static.admin
import django_otp.plugins.otp_totp.admin  # noqa: F401  both register what is unregistered below
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django_otp.plugins.otp_static.models import StaticDevice
from django_otp.plugins.otp_totp.models import TOTPDevice
from rest_framework.authtoken.models import TokenProxy

from videos.admin_lists import BoundedPaginator, NewestValues
from videos.counts import entries_counted
from videos.models import (
    Change,
    ChangedEntry,
    Chapter,
    ListEntry,
    Preferences,
    Tag,
    Transcript,
    Video,
    VideoList,
)

# Whoever may only look at the admin must not see what signs in as somebody else.
admin.site.unregister(TokenProxy)
# Nor keys of two-factor sign-in; `manage.py end_two_factor` helps who lost a phone.
admin.site.unregister([TOTPDevice, StaticDevice])


def _is_of_one_row(request: HttpRequest) -> bool:
    """Return whether the page shows one row with all its fields, and not a list of rows."""
    match = request.resolver_match
    return match is not None and "object_id" in match.kwargs


class ReadOnly(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for the type checker alone
    """To look at. Rows may be deleted where that breaks nothing."""

    show_full_result_count = (
        False  # a list page counts what it shows, not the whole table once more
    )
    list_per_page = 50
    paginator = BoundedPaginator
    deletable = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.deletable and super().has_delete_permission(request, obj)

    def has_work_permission(self, request: HttpRequest) -> bool:
        """For actions, which go through the services: whoever may change such rows by the
        permissions of their account.
        """
        return super().has_change_permission(request)


class Internal(ReadOnly):
    """Out of the way: not on the first page of the administration, but found from other rows."""

    def has_module_permission(self, request: HttpRequest) -> bool:
        return False


class ChapterInline(admin.TabularInline):  # type: ignore[type-arg]
    model = Chapter
    fields = ("number", "start", "end", "title")
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Video)
class VideoAdmin(ReadOnly):
    list_display = (
        "youtube_id",
        "title",
        "channel",
        "duration",
        "import_stage",
        "import_progress",
        "captions_source",
        "error_cause",
        "created_at",
    )
    list_filter = ("import_stage", "captions_source", "error_cause", "created_at")
    search_fields = ("youtube_id__exact", "title", "channel")
    ordering = ("-id",)
    inlines = (ChapterInline,)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Video]:
        videos = super().get_queryset(request)
        if _is_of_one_row(request):
            return videos
        return videos.defer("description")


@admin.register(VideoList)
class VideoListAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "owner", "videos", "created_at", "updated_at")
    list_select_related = ("owner",)
    list_filter = ("created_at",)
    search_fields = ("name", "owner__username")
    ordering = ("-id",)
    raw_id_fields = ("owner",)
    show_full_result_count = False
    list_per_page = 50
    paginator = BoundedPaginator

    def get_queryset(self, request: HttpRequest) -> QuerySet[VideoList]:
        lists: QuerySet[VideoList] = super().get_queryset(request)
        return lists.annotate(entry_count=entries_counted())

    @admin.display(description=Video._meta.verbose_name_plural, ordering="entry_count")
    def videos(self, video_list: Any) -> int:
        return int(video_list.entry_count)


@admin.register(ListEntry)
class ListEntryAdmin(ReadOnly):
    """Read only: a position handed out by hand would collide with the next import's."""

    list_display = ("video", "video_list", "position", "note", "added_at")
    list_select_related = ("video", "video_list")
    list_filter = ("added_at",)
    search_fields = ("video__youtube_id__exact", "video__title", "video_list__name")
    ordering = ("-id",)
    deletable = True


@admin.register(Transcript)
class TranscriptAdmin(ReadOnly):
    list_display = ("video", "source", "language", "created_at")
    list_select_related = ("video",)
    list_filter = ("source", ("language", NewestValues))
    search_fields = ("video__youtube_id__exact", "video__title")
    ordering = ("-id",)
    deletable = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Transcript]:
        transcripts = super().get_queryset(request)
        if _is_of_one_row(request):
            return transcripts
        return transcripts.defer("cues")


@admin.register(Chapter)
class ChapterAdmin(Internal):
    list_display = ("video", "number", "start", "end", "title")
    list_select_related = ("video",)
    search_fields = ("video__youtube_id__exact", "title")
    ordering = ("-id",)


@admin.register(Tag)
class TagAdmin(ReadOnly):
    list_display = ("name", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "owner__username")
    ordering = ("-id",)
    deletable = True


@admin.register(Change)
class ChangeAdmin(Internal):
    list_display = ("owner", "kind", "count", "video_list", "target", "created_at", "undone_at")
    list_select_related = ("owner", "video_list", "target")
    list_filter = ("kind", "created_at")
    search_fields = ("owner__username", "video_list__name")
    ordering = ("-id",)
    deletable = True


@admin.register(ChangedEntry)
class ChangedEntryAdmin(Internal):
    list_display = ("change", "video_list", "video", "added", "position")
    list_select_related = ("change", "video_list", "video")
    search_fields = ("video__youtube_id__exact",)
    ordering = ("-id",)


@admin.register(Preferences)
class PreferencesAdmin(ReadOnly):
    list_display = ("user", "caption_languages")
    list_select_related = ("user",)
    search_fields = ("user__username",)
    ordering = ("-id",)
    deletable = True
