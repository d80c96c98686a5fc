"""Runs of tasks, without Celery."""

from __future__ import annotations

import secrets

from enrichment.leases import Holder

NODE = "celery@here"


def a_run(name: str = "", *, node: str = NODE) -> Holder:
    """A run that nothing else is the name of."""
    return Holder(name or f"task-{secrets.token_hex(8)}", node)
