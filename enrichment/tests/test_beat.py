"""The beat while no worker runs."""

from __future__ import annotations

import redis
from celery.beat import ScheduleEntry
from celery.schedules import schedule
from django.conf import settings

from config.celery import app
from enrichment.beat import MOST_WAITING, PatientScheduler, messages_waiting

TASK = "enrichment.tasks.enrich_next"


def test_messages_do_not_pile_up(clean_redis: redis.Redis) -> None:
    """With no worker, Redis holds a handful of messages however long that lasts."""
    beat = PatientScheduler(app, lazy=True)
    entry = ScheduleEntry(name="enrich", task=TASK, schedule=schedule(1.0), app=app)
    beat.schedule["enrich"] = entry
    queue = f"{settings.REDIS_PREFIX}{settings.CELERY_TASK_DEFAULT_QUEUE}"
    for _ in range(MOST_WAITING + 20):
        beat.apply_entry(entry, producer=beat.producer)
    assert messages_waiting() == clean_redis.llen(queue) == MOST_WAITING
