"""Fill an empty database as the version of 28 November 2026 left one that was stopped in the middle
of its work.

Run it with `DATABASE_URL` (or `DATA_DIR`) naming an empty database: `python -m
tests.old_installation`. It migrates to what that version had and writes through the models of that
time. With `each-step` it goes on to the newest tables, and writes after each migration.
"""

from __future__ import annotations

import os
import sys
from datetime import timedelta
from typing import Any

import django

OLD = {
    "videos": "0005_unfinished_index",
    "enrichment": "0003_transcription",
    "importer": "0005_leases",
}
NODE = "celery@gone"
OLD_TOKEN = "0123456789abcdef0123456789abcdef01234567"


def fill() -> None:
    """Make the tables of before and rows in them: an import under way, one that is paused, a
    playlist, a followed one, a message.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor
    from django.utils import timezone

    call_command("migrate", "auth", verbosity=0)
    for app, migration in OLD.items():
        call_command("migrate", app, migration, verbosity=0)
    executor = MigrationExecutor(connection)
    apps = executor.loader.project_state(list(OLD.items())).apps
    now = timezone.now()
    owner = apps.get_model("auth", "User").objects.create(username="alice", is_active=True)
    video_list = apps.get_model("videos", "VideoList").objects.create(owner=owner, name="Clocks")
    running = add_import(apps, owner, video_list, state="running", first=1)
    add_import(apps, owner, video_list, state="paused", first=10)
    leased = {"lease_until": now + timedelta(hours=1), "lease_node": NODE}
    line = apps.get_model("importer", "ImportItem").objects.create(
        batch=running,
        number=99,
        line=99,
        text="PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps",
        verdict="expanding",
    )
    apps.get_model("importer", "Expansion").objects.create(
        item=line, top=1000, attempts=1, lease_token="reading", lease_task="task-1", **leased
    )
    second = apps.get_model("importer", "ImportItem").objects.create(
        batch=running, number=100, line=99, text=line.text, verdict="expanding"
    )
    apps.get_model("importer", "Expansion").objects.create(item=second, top=900)
    apps.get_model("importer", "Follow").objects.create(
        video_list=video_list,
        kind="playlist",
        source="PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Pt",
        next_at=now,
        attempts=1,
        lease_task="task-2",
        **leased,
    )
    call_command("migrate", "authtoken", verbosity=0)
    keep_token(owner)
    webhook = apps.get_model("importer", "Webhook").objects.create(
        owner=owner, address="https://example.org/hook", secret="s" * 20
    )
    apps.get_model("importer", "Delivery").objects.create(
        webhook=webhook, event="test", attempts=1, next_at=now, lease_until=leased["lease_until"]
    )


def fill_each_step() -> int:
    """Go on from `fill` to the newest tables, one migration after the other, and add rows through
    the models of each. Return how many steps there were.
    """
    from django.core.management import call_command
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    steps = executor.migration_plan(executor.loader.graph.leaf_nodes())
    reached = list(OLD.items())
    for number, (migration, _backwards) in enumerate(steps):
        reached.append((migration.app_label, migration.name))
        # As a person migrates: what follows a migration belongs to it, such as SQLite's triggers.
        call_command("migrate", migration.app_label, migration.name, verbosity=0)
        executor = MigrationExecutor(connection)
        add_rows(executor.loader.project_state(reached).apps, number)
    return len(steps)


def add_rows(apps: Any, number: int) -> None:
    """Add a video with all that hangs on it, as an import under way has it."""
    video_list = apps.get_model("videos", "VideoList").objects.get()
    batch = apps.get_model("importer", "ImportBatch").objects.filter(state="running").get()
    video = apps.get_model("videos", "Video").objects.create(youtube_id=f"s{number:010}")
    apps.get_model("videos", "ListEntry").objects.create(
        video_list=video_list, video=video, position=1000 + number, note=f"note {number}"
    )
    apps.get_model("videos", "Transcript").objects.create(
        video=video, source="auto", language="de", cues=cues(number)
    )
    apps.get_model("videos", "Chapter").objects.create(
        video=video, number=1, start=0, end=9, title=f"chapter {number}"
    )
    apps.get_model("importer", "ImportItem").objects.create(
        batch=batch,
        number=1000 + number,
        line=1000 + number,
        text=f"line {number}",
        verdict="new",
        video=video,
    )
    apps.get_model("enrichment", "EnrichmentJob").objects.create(video=video, rank=1000 + number)


def cues(number: int) -> list[list[Any]]:
    """With every kind of character that JSON may write in another way."""
    return [[0, 1.5, f'Wörter "{number}"\n\\ 東京 😀 \t</b>']]


def keep_token(owner: Any) -> None:
    """Write a token as it was kept then: in plain text."""
    from django.db import connection
    from django.utils import timezone

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO authtoken_token (key, created, user_id) VALUES (%s, %s, %s)",
            [OLD_TOKEN, timezone.now(), owner.pk],
        )


def add_import(apps: Any, owner: Any, video_list: Any, *, state: str, first: int) -> Any:
    """Three videos: one that is being fetched, one that waits, one whose transcription is being
    made.
    """
    from django.utils import timezone

    soon = timezone.now() + timedelta(hours=1)
    batch = apps.get_model("importer", "ImportBatch").objects.create(
        owner=owner, video_list=video_list, source="web", limit=100, state=state
    )
    for offset in range(3):
        number = first + offset
        video = apps.get_model("videos", "Video").objects.create(youtube_id=f"{number:011}")
        apps.get_model("videos", "ListEntry").objects.create(
            video_list=video_list, video=video, position=number
        )
        apps.get_model("importer", "ImportItem").objects.create(
            batch=batch, number=offset + 1, line=offset + 1, text="x", verdict="new", video=video
        )
        job = apps.get_model("enrichment", "EnrichmentJob")(
            video=video, rank=number, held=state == "paused"
        )
        if offset != 1 and state == "running":
            job.attempts, job.fence = 1, 1
            job.lease_token, job.lease_lane = f"permit-{number}", "youtube:direct"
            job.lease_node, job.lease_until = NODE, soon
        if offset == 2:
            job.work = "transcribe"
        job.save()
    return batch


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    fill()
    if "each-step" in sys.argv:
        sys.stdout.write(f"{fill_each_step()}\n")
