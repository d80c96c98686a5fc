"""The admin of every feature: Django looks for it here."""

from importer.following import admin as following
from importer.imports import admin as imports
from importer.webhooks import admin as webhooks

__all__ = ["following", "imports", "webhooks"]
