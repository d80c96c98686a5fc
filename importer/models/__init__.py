"""What importing keeps: the ledger of what was given, what lists follow, whom to tell."""

from importer.models.follows import (
    Follow,
    FollowedVideo,
    FollowKind,
    Rhythm,
)
from importer.models.leases import UNLEASED, Leased
from importer.models.ledger import (
    ACTIVE,
    WANTED,
    BatchState,
    Expansion,
    IdempotencyKey,
    ImportBatch,
    ImportBatchQuerySet,
    ImportItem,
    Source,
    Verdict,
)
from importer.models.webhooks import (
    Delivery,
    DeliveryEvent,
    Outcome,
    Webhook,
    new_secret,
)

__all__ = [
    "ACTIVE",
    "UNLEASED",
    "WANTED",
    "BatchState",
    "Delivery",
    "DeliveryEvent",
    "Expansion",
    "Follow",
    "FollowKind",
    "FollowedVideo",
    "IdempotencyKey",
    "ImportBatch",
    "ImportBatchQuerySet",
    "ImportItem",
    "Leased",
    "Outcome",
    "Rhythm",
    "Source",
    "Verdict",
    "Webhook",
    "new_secret",
]
