"""A backup is made while everything runs, and brings back exactly what there was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from config.backups.archive import MANIFEST, BackupError, Manifest, opened, written
from tests.system import own_database

pytestmark = pytest.mark.timeout(240)

FILL = """
from django.contrib.auth.models import User
from videos.models import ListEntry, Tag, Transcript, Video, VideoList
from videos.tokens import create_token
owner = User.objects.create_user("alice", password="x")
video_list = VideoList.objects.create(owner=owner, name="Cloc\\tks \\u00fc \\u2603")
for number in range(50):
    video = Video.objects.create(youtube_id=f"{number:011}")
    entry = ListEntry.objects.create(
        video_list=video_list, video=video, position=number, note="a\\nb\\\\N" * number
    )
    entry.tags.add(Tag.objects.get_or_create(owner=owner, name=f"tag {number % 3}")[0])
    Transcript.objects.create(
        video=video, source="auto", language="de", cues=[[0, 1.5, "Gr\\u00fcezi"]]
    )
create_token(owner=owner, name="mine", days=None)
"""
LOOK = """
import json
from django.apps import apps
from django.core import serializers
skipped = {"contenttypes", "auth", "sessions", "admin"}
rows = {}
for model in apps.get_models():
    if model._meta.app_label not in skipped or model.__name__ == "User":
        found = serializers.serialize("json", model._default_manager.order_by("pk"))
        rows[model._meta.label] = json.loads(found)
print(json.dumps(rows))
"""
GO_ON = """
from django.contrib.auth.models import User
from videos.models import VideoList
print(VideoList.objects.create(owner=User.objects.get(), name="next").pk)
"""
WRITE = """
import sys
from videos.models import Video
print("writing", flush=True)
number = 0
while True:
    video = Video.objects.create(youtube_id=f"w{number:010}")
    Video.objects.filter(pk=video.pk).update(title="both or none")
    number += 1
"""


class Place:
    """A data folder and database on which commands are run, as by whoever runs an installation."""

    def __init__(self, folder: Path, database: dict[str, str]) -> None:
        folder.mkdir()
        self.environ = {**os.environ, **database, "DATA_DIR": str(folder)}
        self.environ.pop("DJANGO_SETTINGS_MODULE", None)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def shell(self, code: str) -> str:
        done = self.run("shell", "-v", "0", "-c", code)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    def must(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout


def name_of(place: str) -> str:
    return f"sammelwerk_{place}{os.environ.get('PYTEST_XDIST_WORKER', '')}"


@pytest.mark.slow
def test_a_backup_brings_back_what_there_was(tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    with own_database(name_of("old"), shared=False) as database:
        old = Place(tmp_path / "old", database)
        old.must("migrate", "-v", "0")
        old.shell(FILL)
        before = old.shell(LOOK)
        assert "as of" in old.must("backup", str(file))
        assert file.stat().st_mode & 0o077 == 0, "it has everybody's sessions"
    with own_database(name_of("new"), shared=False) as database:
        new = Place(tmp_path / "new", database)
        new.must("restore", str(file))
        assert json.loads(new.shell(LOOK)) == json.loads(before)
        assert int(new.shell(GO_ON)) == 2, "ids go on after those there were"

        refused = new.run("restore", str(file))
        assert refused.returncode == 1
        assert "--replace" in refused.stderr
        new.must("restore", "--replace", str(file))
        assert json.loads(new.shell(LOOK)) == json.loads(before)


@pytest.mark.slow
def test_a_backup_is_of_one_moment_while_somebody_writes(tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    with own_database(name_of("old"), shared=False) as database:
        old = Place(tmp_path / "old", database)
        old.must("migrate", "-v", "0")
        writer = subprocess.Popen(
            [sys.executable, "manage.py", "shell", "-v", "0", "-c", WRITE],
            cwd=settings.BASE_DIR,
            env=old.environ,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "writing\n"
            old.must("backup", str(file))
            assert writer.poll() is None, "whoever writes goes on"
        finally:
            writer.kill()
            writer.communicate()
    with own_database(name_of("new"), shared=False) as database:
        new = Place(tmp_path / "new", database)
        new.must("restore", str(file))
        titles = json.loads(new.shell(LOOK))["videos.Video"]
        unfinished = [row["pk"] for row in titles if not row["fields"]["title"]]
        assert unfinished in ([], [len(titles)]), "nothing later without what was earlier"


@pytest.mark.slow
def test_a_damaged_backup_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "all.backup"
    with own_database(name_of("old"), shared=False) as database:
        place = Place(tmp_path / "old", database)
        place.must("migrate", "-v", "0")
        place.shell(FILL)
        before = place.shell(LOOK)
        place.must("backup", str(file))
        content = file.read_bytes()
        middle = len(content) // 2
        flipped = bytes([content[middle] ^ 0xFF])
        for damaged in (
            content[:-100],
            content[:middle] + flipped + content[middle + 1 :],
            b"",
        ):
            file.write_bytes(damaged)
            refused = place.run("restore", "--replace", str(file))
            assert refused.returncode == 1
            assert len(refused.stderr.strip().splitlines()) == 1, refused.stderr
        assert place.shell(LOOK) == before


def test_any_damaged_byte_is_noticed_or_does_no_harm(tmp_path: Path) -> None:
    """Each byte of an archive in turn: what can be opened holds what it held."""
    file = tmp_path / "small.backup"
    rows = b"1\tClocks\n2\tWatches\n" * 20
    with written(file) as archive:
        archive.writestr("tables/videos_videolist.copy", rows)
        archive.writestr(MANIFEST, Manifest("postgresql", "2026-11-28", {}).to_json())
    content = file.read_bytes()
    refused = 0
    for place in range(len(content)):
        for change in (0xFF, 0x01):
            flipped = bytes([content[place] ^ change])
            file.write_bytes(content[:place] + flipped + content[place + 1 :])
            try:
                with opened(file) as (archive, _manifest):
                    assert archive.read("tables/videos_videolist.copy") == rows
            except BackupError:
                refused += 1
    assert refused > len(content)


def test_a_newer_backup_is_refused_by_its_manifest() -> None:
    with pytest.raises(BackupError, match="newer"):
        Manifest.from_json('{"format": "sammelwerk-backup", "version": 2}')
