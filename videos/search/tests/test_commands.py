"""`manage.py search` and `manage.py rebuild_search`."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

from videos.models import VideoList
from videos.search import documents
from videos.search.models import SearchDocument
from videos.search.tests.spoken import found, say

VIDEOS = 150


def run(*arguments: str) -> str:
    said = StringIO()
    call_command(*arguments, stdout=said)
    return said.getvalue()


@pytest.mark.django_db
def test_search_shows_title_address_and_moments(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, *["pause"] * 1000, "a clock ticks", title="Springs")
    said = run("search", "clock", "--user", "alice")
    assert f"Springs  https://www.youtube.com/watch?v={video.youtube_id}" in said
    assert "1:06:40" in said
    assert "a clock ticks" in said
    assert "Videos found: 1" in said


@pytest.mark.django_db
def test_search_writes_json(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "a clock ticks", title="Springs")
    answer = json.loads(run("search", "clock", "--user", "alice", "--json"))
    (result,) = answer["results"]
    assert result["video"] == {"id": video.pk, "youtube_id": video.youtube_id, "title": "Springs"}
    assert result["moments"][0]["marks"] == [[2, 7]]
    assert answer["is_exact"] is True


@pytest.mark.django_db
def test_search_keeps_to_one_person(alice: Any, bob: Any, video_list: VideoList) -> None:
    say(video_list, 1, "a clock ticks")
    assert "Found nowhere: clock" in run("search", "clock", "--user", "bob")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["clock", "--user", "nobody"], "no user of that name"),
        (["clock"], "no administrator"),
        (["clock", "--user", "alice", "--limit", "0"], "--limit"),
    ],
)
def test_search_says_what_is_wrong(alice: Any, arguments: list[str], said: str) -> None:
    with pytest.raises(CommandError, match=said) as error:
        run("search", *arguments)
    assert error.value.returncode == 2


@pytest.mark.django_db
def test_rebuild_mends_an_index_that_lost_its_words(alice: Any, video_list: VideoList) -> None:
    video = say(video_list, 1, "a clock ticks")
    SearchDocument.objects.filter(video=video).update(words="old", digest="old")
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO search_fts (search_fts) VALUES ('delete-all')")
    assert found(alice, "clock") == []
    assert "1 video can be found." in run("rebuild_search")
    assert found(alice, "clock") == [video.pk]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_rebuild_killed_three_times_ends_whole(
    alice: Any, video_list: VideoList, tmp_path: Path
) -> None:
    ids = {say(video_list, number, f"a clock w{number}").pk for number in range(VIDEOS)}
    command = start_rebuild(tmp_path)
    for lines in (1, 2, 3):
        process = command()
        assert process.stdout
        for _ in range(lines):
            assert process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(found(alice, "clock", limit=VIDEOS)) == VIDEOS
    assert documents.state().rebuilt > 0
    said, _error = command().communicate(timeout=60)
    assert f"{VIDEOS} videos can be found." in said
    assert documents.state().rebuilt == 0
    assert SearchDocument.objects.count() == VIDEOS
    shown = found(alice, "clock", limit=VIDEOS)
    assert sorted(shown) == sorted(ids)
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM search_fts_docsize")
            assert cursor.fetchone() == (VIDEOS,)


def start_rebuild(data: Path) -> Callable[[], subprocess.Popen[str]]:
    """Return what starts `rebuild_search` in a process of its own, on the test's database."""
    database = connection.settings_dict
    address = f"sqlite:///{database['NAME']}"
    if connection.vendor != "sqlite":
        address = f"postgresql://{database['USER']}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    environment = {
        **os.environ,
        "DATABASE_URL": address,
        "DATA_DIR": str(data),
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": settings.SECRET_KEY,
        "LANGUAGE_CODE": "en",
    }
    call = [sys.executable, "manage.py", "rebuild_search"]

    def start() -> subprocess.Popen[str]:
        return subprocess.Popen(
            call, cwd=settings.BASE_DIR, env=environment, stdout=subprocess.PIPE, text=True
        )

    return start
