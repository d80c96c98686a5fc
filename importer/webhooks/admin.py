"""Webhooks and what was sent to them, in the admin."""

from django.contrib import admin

from importer.webhooks.models import Delivery, Webhook
from videos.admin import ReadOnly


@admin.register(Webhook)
class WebhookAdmin(ReadOnly):
    """The secret is its owner's alone."""

    list_display = ("owner", "address", "created_at")
    fields = ("owner", "address", "created_at")
    list_select_related = ("owner",)
    search_fields = ("owner__username", "address")
    ordering = ("-id",)
    deletable = True


@admin.register(Delivery)
class DeliveryAdmin(ReadOnly):
    list_display = (
        "id",
        "webhook",
        "event",
        "batch",
        "attempts",
        "outcome",
        "status",
        "tried_at",
        "next_at",
        "created_at",
    )
    list_select_related = ("webhook", "batch")
    list_filter = ("event", "outcome", "created_at")
    search_fields = ("webhook__owner__username", "webhook__address", "=batch__id")
    ordering = ("-id",)
