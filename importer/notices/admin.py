"""Mails about imports, in the admin: what was sent, and what could not be."""

from django.contrib import admin

from importer.notices.models import Mail
from videos.admin import ReadOnly


@admin.register(Mail)
class MailAdmin(ReadOnly):
    list_display = (
        "id",
        "owner",
        "kind",
        "batch",
        "attempts",
        "failure",
        "next_at",
        "sent_at",
        "created_at",
    )
    list_select_related = ("owner", "batch")
    list_filter = ("kind", "created_at")
    search_fields = ("owner__username", "=batch__id")
    ordering = ("-id",)
