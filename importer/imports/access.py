"""Whose import this is. 404 for what is somebody else's, for pages and REST alike."""

from typing import Any

from django.shortcuts import get_object_or_404

from importer.imports.models import ImportBatch


def batch_of(user: Any, batch_id: int) -> ImportBatch:
    """One query; with its list."""
    return get_object_or_404(ImportBatch.objects.of(user), pk=batch_id)
