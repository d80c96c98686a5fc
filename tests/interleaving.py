"""Two transactions that meet: one is held at a chosen point while the other one runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection, connections, transaction

from tests.installation import wait_for

Act = Callable[[], Any]


class Held:
    """An act in a thread and transaction of its own, held before it commits, or before the first
    statement that holds `before`.
    """

    def __init__(self, act: Act, *, before: str = "") -> None:
        self.act = act
        self.before = before
        self.error: BaseException | None = None
        self.reached = threading.Event()
        self.go_on = threading.Event()
        self.thread = threading.Thread(target=self._run)

    def __enter__(self) -> Held:
        self.thread.start()
        wait_for(lambda: self.reached.is_set() or not self.thread.is_alive(), 20)
        return self

    def __exit__(self, *error: object) -> None:
        self.release()

    def release(self) -> None:
        """Let it end, and wait for that."""
        self.go_on.set()
        self.thread.join(30)

    def _run(self) -> None:
        try:
            with connection.execute_wrapper(self._hold_before), transaction.atomic():
                self.act()
                self._hold()
        except Exception as error:  # noqa: BLE001  whatever it is, the test that holds it says so
            self.error = error
        finally:
            self.reached.set()
            connections.close_all()

    def _hold_before(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.before and self.before in sql:
            self._hold()
        return execute(sql, params, many, context)

    def _hold(self) -> None:
        self.reached.set()
        self.go_on.wait(20)


def meet(first: Act, second: Act, *, before: str = "") -> list[BaseException]:
    """Hold the first, start the second, let both end. Answers what went wrong."""
    errors: list[BaseException] = []

    def run() -> None:
        try:
            second()
        except Exception as error:  # noqa: BLE001  whatever it is, the test that holds it says so
            errors.append(error)
        finally:
            connections.close_all()

    beside = threading.Thread(target=run)
    with Held(first, before=before) as held:
        beside.start()
        wait_for(lambda: not beside.is_alive() or somebody_waits(), 20)
    beside.join(30)
    if held.error is not None:
        errors.append(held.error)
    return errors


def somebody_waits() -> bool:
    """PostgreSQL: somebody waits for another one's lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return bool(cursor.fetchone()[0])
