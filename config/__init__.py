"""The installation: settings, addresses, processes. Nothing imports from here."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
