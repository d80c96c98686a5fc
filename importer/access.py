"""Who may touch what of importing. 404 for what is somebody else's, for pages and REST alike."""

from typing import Any

from django.shortcuts import get_object_or_404

from importer.models import Follow, ImportBatch
from importer.queries import follows_of
from videos.access import list_of


def batch_of(user: Any, batch_id: int) -> ImportBatch:
    """One query; with its list."""
    return get_object_or_404(ImportBatch.objects.of(user), pk=batch_id)


def follow_of(user: Any, list_id: int, follow_id: int) -> Follow:
    """Two queries; the follow must be the list's, and the list the user's."""
    return get_object_or_404(follows_of(list_of(user, list_id)), pk=follow_id)
