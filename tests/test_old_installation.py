"""An installation of before, stopped in the middle of its work, is migrated, and its imports go
on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.system import own_database

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

# What is left of the work, and what a worker may take of each kind, as the version of today sees
# it.
LOOK = """
import json
from enrichment import jobs
from enrichment.leases import Holder, kinds
from importer.following import services as following
from importer.imports import expansion
from importer.webhooks import services as webhooks
take = lambda kind, name: bool(kind(Holder(name, "celery@new")))
held = sum(kind.objects.running().count() for kind in kinds())
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
    "transcription": bool(jobs.claim_transcription(Holder("task-9", "celery@new"), at_once=1)),
    "playlist": take(expansion.claim, "a"),
    "follow": take(following.claim, "b"),
    "delivery": take(webhooks.claim, "c"),
}))
"""


def run(environ: dict[str, str], *arguments: str) -> str:
    command = [sys.executable, *arguments]
    done = subprocess.run(
        command, cwd=settings.BASE_DIR, env=environ, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


def test_old_installation_migrates_and_goes_on(tmp_path: Path) -> None:
    name = f"sammelwerk_old{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    with own_database(name, shared=False) as database:
        environ = {**os.environ, **database, "DATA_DIR": str(tmp_path)}
        environ.pop("DJANGO_SETTINGS_MODULE", None)
        run(environ, "-m", "tests.old_installation")
        run(environ, "manage.py", "migrate", "--verbosity", "0")
        seen = json.loads(run(environ, "manage.py", "shell", "-v", "0", "-c", LOOK))
    assert (seen["token"], seen["plain_tokens"]) == (200, 0)
    assert seen["held"] == 0
    # The two that are claimed now count their first attempt again: the change of versions cost
    # none.
    assert seen["attempts"] == [1, 1, 0, 0, 0, 0]
    assert len(seen["videos"]) == 2
    assert seen["transcription"]
    assert (seen["playlist"], seen["follow"], seen["delivery"]) == (True, True, True)
