"""The admin of every feature: Django looks for it here."""

from importer.following import admin as following
from importer.imports import admin as imports
from importer.notices import admin as notices
from importer.webhooks import admin as webhooks

__all__ = ["following", "imports", "notices", "webhooks"]
