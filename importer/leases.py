"""Rows that a worker works on for a while."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _


class Leased(models.Model):
    """Held until `lease_until`. Who holds it is kept, so that it is free at once when that worker or its process has died."""

    lease_until = models.DateTimeField(null=True, blank=True)
    lease_node = models.CharField(
        max_length=200, blank=True, help_text=_("the worker that holds it")
    )
    lease_task = models.CharField(
        max_length=64, blank=True, help_text=_("the run of a task that holds it")
    )

    class Meta:
        abstract = True


UNLEASED: dict[str, Any] = {"lease_until": None, "lease_node": "", "lease_task": ""}
