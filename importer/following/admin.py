"""Followed playlists and channels in the admin."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy, ngettext

from importer.following.models import Follow, FollowedVideo
from importer.following.services import check_now
from videos.admin import Internal, ReadOnly
from videos.admin_lists import known_values
from videos.causes import Cause


@admin.register(Follow)
class FollowAdmin(ReadOnly):
    list_display = (
        "source",
        "title",
        "owner",
        "video_list",
        "every_hours",
        "checked_at",
        "next_at",
        "brought",
        "cause",
        "lease_until",
    )
    list_select_related = ("video_list__owner",)
    list_filter = ("kind", "every_hours", "cause")
    search_fields = ("source", "title", "video_list__name", "video_list__owner__username")
    ordering = ("-id",)
    actions = ("look_now",)
    deletable = True

    @admin.display(description=gettext_lazy("owner"))
    def owner(self, follow: Follow) -> str:
        return follow.video_list.owner.get_username()

    @admin.action(description=gettext_lazy("Check now"), permissions=["work"])
    def look_now(self, request: HttpRequest, follows: QuerySet[Follow]) -> None:
        due = 0
        for follow in follows:
            due += check_now(follow=follow)
        text = ngettext("%(count)s is due.", "%(count)s are due.", due)
        self.message_user(request, text % {"count": due}, messages.SUCCESS)


@admin.register(FollowedVideo)
class FollowedVideoAdmin(Internal):
    list_display = ("youtube_id", "follow", "gone_since", "gone_cause")
    list_select_related = ("follow",)
    list_filter = (
        ("gone_since", admin.EmptyFieldListFilter),
        ("gone_cause", known_values(Cause.values)),
    )
    search_fields = ("youtube_id", "follow__source", "follow__title")
    ordering = ("-id",)
