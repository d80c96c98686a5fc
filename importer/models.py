"""The tables of every feature: Django looks for them here. The code names the feature."""

from importer.following.models import Follow, FollowedVideo
from importer.imports.models import (
    Expansion,
    IdempotencyKey,
    ImportBatch,
    ImportItem,
    ImportSlice,
    UnfinishedAction,
)
from importer.notices.models import Mail, MailSubscription
from importer.webhooks.models import Delivery, Webhook

__all__ = [
    "Delivery",
    "Expansion",
    "Follow",
    "FollowedVideo",
    "IdempotencyKey",
    "ImportBatch",
    "ImportItem",
    "ImportSlice",
    "Mail",
    "MailSubscription",
    "UnfinishedAction",
    "Webhook",
]
