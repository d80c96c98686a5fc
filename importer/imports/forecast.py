"""What is said of an import that waits: for what, until when, and when all of it will be done.

Pure: the state of the lanes and of the queue goes in, with the time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from enrichment.limits import LaneStatus
from enrichment.outlook import Outlook
from importer.imports.turns import Turn

NOTICEABLE = 10.0  # seconds; a shorter wait is not said
TURN_NOTICEABLE = 60.0  # seconds; others' videos that take less come and go between ours
LONGEST_PART = 600.0  # seconds of audio that are transcribed with one request
HOUR = 3600.0  # seconds


class WaitsFor(StrEnum):
    """Whom or what an import waits for."""

    YOUTUBE = "youtube"  # it slows us down: the breaker is open
    ANSWER = "answer"  # one video finds out whether YouTube answers again
    HOUR = "hour"  # the hour's budget of YouTube is used up
    TURN = "turn"  # other videos come first
    TRY = "try"  # each of its videos was tried lately and is tried again later
    GROQ = "groq"  # transcription is slowed down
    GROQ_HOUR = "groq_hour"  # the hour's budget of transcription is used up


@dataclass(frozen=True)
class Wait:
    """Nothing of the import moves before `until`."""

    until: datetime
    waits_for: WaitsFor


def wait_of(
    turn: Turn, view: Outlook, groq: LaneStatus | None, *, reading: bool, now: datetime
) -> Wait | None:
    """Return whom this import waits for, and until when; None while it moves.

    `reading`: a playlist of it is still being read, which asks YouTube as well.
    """
    wait: Wait | None = None
    if turn.fetching or reading:
        wait = _wait_for_youtube(turn, view, now=now)
    elif turn.transcribing and groq is not None:
        wait = _wait_for_groq(groq, now=now)
    if wait is None or not _is_said(wait, now=now):
        return None
    return wait


def _is_said(wait: Wait, *, now: datetime) -> bool:
    if wait.waits_for in (WaitsFor.ANSWER, WaitsFor.YOUTUBE):
        return True
    return (wait.until - now).total_seconds() >= NOTICEABLE


def _wait_for_youtube(turn: Turn, view: Outlook, *, now: datetime) -> Wait | None:
    wait: Wait | None = None
    pause = view.pause_of(large=turn.large)
    if pause is not None:
        wait = Wait(pause.until, _REASONS[pause.reason])
        if wait.waits_for == WaitsFor.ANSWER:
            return wait
    elif turn.running:
        return None
    wait = _until_next_try(turn, wait, now=now)
    return _behind_others(turn, view, wait, now=now)


def _until_next_try(turn: Turn, wait: Wait | None, *, now: datetime) -> Wait | None:
    """Return the wait, made longer if the first of its videos is tried again only later."""
    due_at = _next_try(turn)
    if due_at is None:
        return wait
    if wait is not None:
        return Wait(max(due_at, wait.until), wait.waits_for)
    if due_at > now:
        return Wait(due_at, WaitsFor.TRY)
    return None


def _next_try(turn: Turn) -> datetime | None:
    """Return when the first of its videos is tried again; None while one is being fetched."""
    if not turn.fetching or turn.running:
        return None
    return turn.due_at


def _behind_others(turn: Turn, view: Outlook, wait: Wait | None, *, now: datetime) -> Wait | None:
    """Return the wait with the time that other imports' videos take before it."""
    if not turn.before_next or not view.pace:
        return wait
    others = turn.before_next / view.pace
    if others < TURN_NOTICEABLE:
        return wait
    if wait is None:
        wait = Wait(now, WaitsFor.TURN)
    return Wait(wait.until + timedelta(seconds=others), wait.waits_for)


_REASONS = {
    "open": WaitsFor.YOUTUBE,
    "probe": WaitsFor.ANSWER,
    "budget": WaitsFor.HOUR,
    "reserve": WaitsFor.HOUR,
}


def _wait_for_groq(groq: LaneStatus, *, now: datetime) -> Wait | None:
    if groq.open_until is not None and groq.open_until > now:
        return Wait(groq.open_until, WaitsFor.GROQ)
    if groq.reason in ("budget", "reserve"):
        return Wait(now + timedelta(seconds=groq.wait), WaitsFor.GROQ_HOUR)
    return None


def seconds_left(
    turn: Turn,
    view: Outlook,
    groq: LaneStatus | None,
    *,
    groq_hourly: int,
    lately: float | None,
    now: datetime,
) -> float | None:
    """Return the seconds until all of the import is done; None when nothing can be said.

    `lately`: videos a second it brought in the last minutes, None when it is too young to tell.
    """
    if not turn.fetching and not turn.transcribing:
        return None
    fetching = _seconds_to_fetch(turn, view, lately=lately, now=now)
    if fetching is None:
        return None
    if not turn.transcribing or groq is None:
        return fetching
    return max(fetching, _seconds_to_transcribe(turn, groq, hourly=groq_hourly, now=now))


def _seconds_to_fetch(
    turn: Turn, view: Outlook, *, lately: float | None, now: datetime
) -> float | None:
    if not turn.fetching:
        return 0.0
    videos = turn.fetching + turn.before_last
    pace = _pace_of(view, videos, lately=lately, share=turn.fetching / videos)
    seconds = view.seconds_left(videos, pace=pace, large=turn.large, now=now)
    if seconds is None or turn.last_due_at is None:
        return seconds
    return max(seconds, (turn.last_due_at - now).total_seconds())


def _pace_of(view: Outlook, videos: int, *, lately: float | None, share: float) -> float | None:
    """Videos a second of all imports together: what the lane lets through.

    Where that is not what holds the work back, what came of this import lately, whose share of all
    is known.
    """
    pace = view.pace_for(videos)
    if lately is None or lately <= 0:
        return pace
    measured = lately / share
    if pace is None:
        return measured
    if view.is_idle:
        return min(pace, measured)
    return pace


def _seconds_to_transcribe(turn: Turn, groq: LaneStatus, *, hourly: int, now: datetime) -> float:
    """By Groq's own pace and hour; each part of an audio is one request."""
    requests = max(turn.transcribing, turn.audio / LONGEST_PART)
    seconds = _pause_of_groq(groq, now=now) + requests * groq.delay
    beyond = turn.audio - groq.budget_left
    if beyond > 0 and hourly > 0:
        seconds = max(seconds, beyond / hourly * HOUR)
    return seconds


def _pause_of_groq(groq: LaneStatus, *, now: datetime) -> float:
    """Seconds until it may be asked again."""
    if groq.open_until is None:
        return groq.wait
    return max((groq.open_until - now).total_seconds(), 0.0)
