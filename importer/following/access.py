"""Whose follow this is. 404 for what is somebody else's, for pages and REST alike."""

from typing import Any

from django.shortcuts import get_object_or_404

from importer.following.models import Follow
from importer.following.queries import follows_of
from videos.access import list_of


def follow_of(user: Any, list_id: int, follow_id: int) -> Follow:
    """Two queries; the follow must be the list's, and the list the user's."""
    return get_object_or_404(follows_of(list_of(user, list_id)), pk=follow_id)
