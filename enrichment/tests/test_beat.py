"""The beat while no worker runs, and when the clock is set."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import redis
from celery.beat import ScheduleEntry
from celery.schedules import schedule
from django.conf import settings

from config.celery import app
from config.schedule import beat_schedule
from enrichment import hints, pump
from enrichment.beat import PatientScheduler
from enrichment.hints import MOST_WAITING, messages_waiting
from tests.installation import wait_for

TASK = "enrichment.tasks.enrich_next"


@pytest.fixture
def messages(clean_redis: redis.Redis) -> Iterator[redis.Redis]:
    """Redis, in which messages may be sent by hints; their connections are closed afterwards."""
    with app.producer_pool.acquire() as producer:
        sending: Any = producer.connection
    yield clean_redis
    sending.close()


def test_messages_do_not_pile_up(clean_redis: redis.Redis) -> None:
    """With no worker, Redis holds a handful of messages however long that lasts."""
    beat = PatientScheduler(app, lazy=True)
    entry = ScheduleEntry(name="enrich", task=TASK, schedule=schedule(1.0), app=app)
    beat.schedule["enrich"] = entry
    queue = f"{settings.REDIS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    for _ in range(MOST_WAITING + 20):
        beat.apply_entry(entry, producer=beat.producer)
    assert messages_waiting() == clean_redis.llen(queue) == MOST_WAITING


def test_hints_do_not_pile_up(messages: redis.Redis) -> None:
    """With no worker, as many pages may ask for work as want to."""
    for _ in range(MOST_WAITING + 20):
        hints.send(TASK)
    wait_for(lambda: hints._room._value == hints.MOST_UNSENT)
    assert messages_waiting() == MOST_WAITING


def test_no_message_is_judged_by_a_clock(messages: redis.Redis) -> None:
    """A moment in it would be the sender's, and the worker may be on another host: one whose clock
    was 100 s ahead threw every message away.
    """
    beat = PatientScheduler(app, lazy=True)
    schedule = beat_schedule(
        transcribes=True,
        keeps_thumbnails=True,
        sends_mail=True,
        updates_ytdlp=True,
        tells_operator=True,
    )
    beat.schedule.clear()
    beat.update_from_dict(schedule)
    for entry in beat.schedule.values():
        beat.apply_entry(entry, producer=beat.producer)
    hints.send_on(TASK)
    pump.arm(TASK, 0.1)
    wait_for(lambda: messages_waiting() == len(schedule) + 2)
    queue = f"{settings.REDIS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    sent: Any = messages.lrange(queue, 0, -1)
    for message in sent:
        headers = json.loads(message)["headers"]
        assert (headers["expires"], headers["eta"]) == (None, None), headers["task"]


class Clock:
    """One that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 28, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def sent_within(beat: PatientScheduler, clock: Clock, seconds: int) -> int:
    """How many messages it sends in so many seconds, looking every quarter of one."""
    before = messages_waiting()
    for _ in range(seconds * 4):
        clock.now += timedelta(seconds=0.25)
        while beat.tick() == 0:
            pass
    return messages_waiting() - before


@pytest.mark.parametrize("hours", [-5, 5])
def test_clock_that_jumps_does_not_silence_it(clean_redis: redis.Redis, hours: int) -> None:
    """Nor does it send everything that it seems to have missed."""
    clock = Clock()
    beat = PatientScheduler(app, lazy=True)
    beat.schedule.clear()
    each_second = schedule(1.0, nowfun=clock, app=app)
    entry = ScheduleEntry(name="enrich", task=TASK, schedule=each_second, app=app)
    beat.schedule["enrich"] = entry
    assert 3 <= sent_within(beat, clock, 4) <= 5
    clock.now += timedelta(hours=hours)
    assert 3 <= sent_within(beat, clock, 4) <= 5
