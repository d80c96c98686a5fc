"""How much a database looks at for what is asked of it: a measure that is the same on a busy
machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

STEPS = 100  # between two looks
READS = ("SELECT", "(SELECT", "WITH")


class Visits:
    """Counts the steps of SQLite's virtual machine, or the rows that PostgreSQL's plans visit."""

    def __init__(self) -> None:
        self.number = 0.0

    def step(self) -> int:
        self.number += STEPS
        return 0

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if sql.startswith(READS) and not many:
            self.number += rows_visited(plan_of(sql, params))
        return execute(sql, params, many, context)


@contextmanager
def counted() -> Iterator[Visits]:
    """Count what this block's statements visit; of PostgreSQL's those that read."""
    visits = Visits()
    connection.ensure_connection()
    if connection.vendor == "postgresql":
        with connection.execute_wrapper(visits):
            yield visits
        return
    connection.connection.set_progress_handler(visits.step, STEPS)
    try:
        yield visits
    finally:
        connection.connection.set_progress_handler(None, 0)


def plan_of(sql: str, params: Any) -> dict[str, Any]:
    """How PostgreSQL carries out this statement. Carries it out."""
    with connection.connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON, TIMING OFF) {sql}", params or None)
        answer = cursor.fetchone()[0]
    plans = json.loads(answer) if isinstance(answer, str) else answer
    plan: dict[str, Any] = plans[0]["Plan"]
    return plan


def rows_visited(plan: dict[str, Any]) -> float:
    """By this step of a plan and all below it."""
    removed = sum(value for name, value in plan.items() if name.startswith("Rows Removed by"))
    mine = (plan["Actual Rows"] + removed) * plan["Actual Loops"]
    return float(mine + sum(rows_visited(part) for part in plan.get("Plans", ())))
