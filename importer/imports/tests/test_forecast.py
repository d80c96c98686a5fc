"""Whom an import waits for: the state of the queue goes in, with the time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from enrichment.outlook import Outlook, Pause
from importer.imports.forecast import Wait, WaitsFor, wait_of
from importer.imports.turns import Turn

NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
EARLIER, SOON, LATE = (NOW + timedelta(minutes=minutes) for minutes in (-5, 5, 30))


def wait(due_at: datetime | None, *, paused_until: datetime | None = None) -> Wait | None:
    """What is said of two videos, the first of which is fetched from `due_at` on."""
    pause = None
    if paused_until is not None:
        pause = Pause(paused_until, "budget")
    view = Outlook(pause, pause, pace=0.5, left=100, hourly=300, reserve=0)
    turn = Turn(fetching=2, due_at=due_at)
    return wait_of(turn, view, None, reading=False, now=NOW)


@pytest.mark.parametrize("due_at", [None, EARLIER, NOW])
def test_import_that_may_go_on_waits_for_nobody(due_at: datetime | None) -> None:
    assert wait(due_at) is None


def test_import_waits_for_the_next_try() -> None:
    assert wait(SOON) == Wait(SOON, WaitsFor.TRY)


@pytest.mark.parametrize(
    ("due_at", "until"), [(None, SOON), (EARLIER, SOON), (SOON, SOON), (LATE, LATE)]
)
def test_pause_lasts_at_least_until_the_next_try(due_at: datetime | None, until: datetime) -> None:
    assert wait(due_at, paused_until=SOON) == Wait(until, WaitsFor.HOUR)
