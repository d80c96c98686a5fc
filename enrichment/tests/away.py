"""A database that goes away in the middle of a run."""

from __future__ import annotations

from typing import Any

from django.db import OperationalError


class Away:
    """The database, which refuses so many statements about jobs and then is back."""

    def __init__(self, refusals: int, *, after: str = "") -> None:
        """`after`: the beginning of the statement with which it goes away, "" for any."""
        self.refusals = refusals
        self.after = after
        self.is_away = False

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        about_jobs = "enrichment_enrichmentjob" in sql
        self.is_away |= about_jobs and sql.startswith(self.after)
        if about_jobs and self.is_away and self.refusals:
            self.refusals -= 1
            raise OperationalError("the database system is starting up")
        return execute(sql, params, many, context)
