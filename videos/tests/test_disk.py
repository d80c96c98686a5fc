"""A full disk is said wherever it is met, and what was there stays."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client

from tests.people import rest
from videos.disk import is_disk_full, is_full_disk_error
from videos.models import ListEntry, VideoList
from videos.tests.library import add_video
from videos.views.errors import server_error

SAID = "The disk is full"


@pytest.mark.parametrize(
    ("error", "is_full"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), True),
        (OperationalError("database or disk is full"), True),
        (OperationalError('could not extend file "base/1": No space left on device'), True),
        (OperationalError("database is locked"), False),
        (OSError(errno.ENOENT, "No such file"), False),
        (ValueError("disk is full"), False),
    ],
)
def test_errors_of_a_full_disk_are_recognised(error: Exception, is_full: bool) -> None:
    assert is_full_disk_error(error) is is_full
    outer = RuntimeError("while saving")
    outer.__cause__ = error
    assert is_full_disk_error(outer) is is_full


def test_a_disk_is_full_before_its_last_byte(settings: Any) -> None:
    assert not is_disk_full()
    settings.DISK_RESERVE = 2**62
    assert is_disk_full()


@pytest.fixture
def full_database(transactional_db: None, alice: Any, video_list: VideoList) -> Iterator[Client]:
    """SQLite may not grow by a page any more; a client of Alice's."""
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL has no limit to set for one test.")
    client = rest(alice)
    add_video(video_list, 1, note="kept")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # pages that other tests left empty would be room
        cursor.execute("PRAGMA page_count")
        cursor.execute(f"PRAGMA max_page_count = {int(cursor.fetchone()[0])}")
    yield client
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")


def test_a_write_that_fits_nowhere_is_said_and_loses_nothing(
    full_database: Client, video_list: VideoList
) -> None:
    text = "\n".join(f"{n:011}" for n in range(5_000))
    address = f"/api/lists/{video_list.pk}/videos/batch"
    full_database.raise_request_exception = False
    answer = full_database.post(address, {"text": text}, content_type="application/json")

    assert answer.status_code == 503
    assert SAID in answer.json()["detail"]
    assert ListEntry.objects.get().note == "kept"
    assert full_database.get("/api/lists").status_code == 200


def test_pages_and_health_say_it(client: Client, alice: Any, settings: Any) -> None:
    settings.DISK_RESERVE = 2**62
    health = client.get("/healthz")
    assert health.status_code == 503
    assert health.json()["disk"] == "full"


@pytest.mark.slow
def test_a_command_ends_with_a_line(tmp_path: Path) -> None:
    """`/dev/full` takes nothing, as a full disk."""
    code = (
        "import sys, manage; sys.argv = ['manage.py', 'diffsettings'];"
        "sys.stdout = open('/dev/full', 'w', buffering=1); manage.main()"
    )
    environ = {**os.environ, "DATA_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environ, timeout=60
    )
    assert done.returncode == 1
    assert done.stderr.splitlines()[0].startswith(SAID)


def test_the_error_page_says_it(rf: Any, settings: Any) -> None:
    assert server_error(rf.get("/")).status_code == 500
    settings.DISK_RESERVE = 2**62
    answer = server_error(rf.get("/"))
    assert answer.status_code == 503
    assert SAID in answer.content.decode()
