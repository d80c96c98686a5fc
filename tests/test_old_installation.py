"""An installation of before, stopped in the middle of its work, is migrated, and its imports go
on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.old_installation import cues
from tests.system import own_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# What is left of the work, and what a worker may take of each kind, as the version of today sees
# it.
LOOK = """
import json
from enrichment import jobs
from enrichment.leases import Holder, Leased
from importer.following import checks
from importer.imports.models import Expansion
from importer.imports.playlist_turns import claim, next_in_turn
from importer.webhooks import services as webhooks
take = lambda kind, name: bool(kind(Holder(name, "celery@new")))
held = sum(kind.objects.running().count() for kind in Leased.__subclasses__())
claims = [jobs.claim(Holder(f"task-{n}", "celery@new")) for n in range(3)]
from rest_framework.authtoken.models import Token
from django.test import Client
from tests.old_installation import OLD_TOKEN
client = Client(headers={"authorization": f"Token {OLD_TOKEN}", "host": "localhost"})
print(json.dumps({
    "token": client.get("/api/lists").status_code,
    "plain_tokens": Token.objects.count(),
    "held": held,
    "attempts": [job.attempts for job in jobs.EnrichmentJob.objects.order_by("rank")],
    "videos": [claim.video_id for claim in claims if claim],
    "transcription": bool(jobs.claim_transcription(Holder("task-9", "celery@new"))),
    "waiting_lists": list(
        Expansion.objects.filter(is_next=False).values_list("item__number", "line")
    ),
    "playlist": take(lambda holder: claim(next_in_turn().pk, holder), "a"),
    "follow": take(checks.claim, "b"),
    "delivery": take(webhooks.claim, "c"),
}))
"""

# What is left of the rows that were written after each migration.
COUNT = """
import json
from django.contrib.auth.models import User
from django.test import Client
from videos.models import Chapter, ListCount, ListEntry, Transcript, Video
from importer.imports.counts import recount
from importer.imports.models import ImportBatch, ImportItem
from enrichment.models import EnrichmentJob
alice = User.objects.get()
client = Client(headers={"host": "localhost"})
client.force_login(alice)
entries = ListEntry.objects.filter(position__gte=1000).order_by("position")
print(json.dumps({
    "rows": {
        "videos": Video.objects.filter(youtube_id__startswith="s0").count(),
        "transcripts": Transcript.objects.count(),
        "chapters": Chapter.objects.count(),
        "items": ImportItem.objects.filter(number__gte=1000).count(),
        "jobs": EnrichmentJob.objects.filter(rank__gte=1000).count(),
        "entries": entries.count(),
    },
    "listed": ListEntry.objects.count(),
    "counted": ListCount.objects.get().entries,
    "imports_mended": recount(list(ImportBatch.objects.values_list("pk", flat=True))),
    "notes": [entry.note for entry in entries],
    "cues": list(Transcript.objects.order_by("video__youtube_id").values_list("cues", flat=True)),
    "page": client.get(f"/lists/{entries[0].video_list_id}/").status_code,
}))
"""


def run(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of an empty database."""
    name = f"sammelwerk_old{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    with own_database(name, shared=False) as database:
        environ = {**os.environ, **database, "DATA_DIR": str(tmp_path)}
        environ.pop("DJANGO_SETTINGS_MODULE", None)
        yield environ


def migrate_until_killed(environ: dict[str, str], step: int) -> None:
    """Kill it (SIGKILL) as soon as it says that it applies the migration of this number."""
    command = [sys.executable, "-u", "manage.py", "migrate", "--verbosity", "1"]
    said = b""
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, env=environ, stdout=subprocess.PIPE
    ) as migrating:
        assert migrating.stdout is not None
        while said.count(b"Applying") < step:
            part = os.read(migrating.stdout.fileno(), 4096)
            assert part, f"it ended before the migration of number {step}: {said.decode()}"
            said += part
        migrating.kill()


def test_old_installation_migrates_and_goes_on(environ: dict[str, str]) -> None:
    run(environ, "-m", "tests.old_installation")
    run(environ, "manage.py", "migrate", "--verbosity", "0")
    assert_it_goes_on(environ)


@pytest.mark.slow
def test_migrations_that_are_killed_go_on(environ: dict[str, str]) -> None:
    """Killed in the middle of one, the next run begins with that one, and no row is lost."""
    run(environ, "-m", "tests.old_installation")
    for step in (1, 4, 8, 3):
        migrate_until_killed(environ, step)
    run(environ, "manage.py", "migrate", "--verbosity", "0")
    assert_it_goes_on(environ)


@pytest.mark.slow
def test_rows_of_every_version_come_through(environ: dict[str, str]) -> None:
    """After each migration since the oldest version rows are written, and all of them are there
    in the end.
    """
    steps = int(run(environ, "-m", "tests.old_installation", "each-step"))
    assert steps > 20
    run(environ, "manage.py", "migrate", "--verbosity", "0")
    seen = json.loads(run(environ, "manage.py", "shell", "-v", "0", "-c", COUNT))
    assert seen["rows"] == dict.fromkeys(seen["rows"], steps)
    assert seen["listed"] == seen["counted"] == steps + 6
    assert seen["imports_mended"] == []
    assert seen["notes"] == [f"note {number}" for number in range(steps)]
    assert seen["cues"] == [cues(number) for number in range(steps)]
    assert seen["page"] == 200


def assert_it_goes_on(environ: dict[str, str]) -> None:
    seen = json.loads(run(environ, "manage.py", "shell", "-v", "0", "-c", LOOK))
    assert (seen["token"], seen["plain_tokens"]) == (200, 0)
    assert seen["held"] == 0
    # The two that are claimed now count their first attempt again: the change of versions cost
    # none.
    assert seen["attempts"] == [1, 1, 0, 0, 0, 0]
    assert len(seen["videos"]) == 2
    assert seen["transcription"]
    assert seen["waiting_lists"] == [[100, 99]], "the second playlist of a line"
    assert (seen["playlist"], seen["follow"], seen["delivery"]) == (True, True, True)
