"""The search index made anew, by `rebuild_search` and by the beat, killed in the middle."""

from __future__ import annotations

import os
import pty
import random
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings

from tests.faults.rig import Rig
from tests.faults.scale import scaled
from tests.installation import wait_for
from tests.system import Caller
from videos.search.tokenizer import VERSION

pytestmark = [pytest.mark.timeout(scaled(1800, 400)), pytest.mark.slow]

VIDEOS = scaled(2_000, 240)  # half an hour each
KILLS = 3
LINES = scaled(20, 1)  # of progress, at most, before a kill
PATIENCE = scaled(900.0, 240.0)  # seconds
MADE = "SELECT count(*) FROM videos_searchdocument"
REBUILT = f"{MADE} WHERE digest <> 'old'"
# Run in the installation's own process: a library of Alice's, in which every video has a word of
# its own, and one that all have.
FILL = """
from django.contrib.auth.models import User
from django.utils import timezone
from benchmarks.spoken_texts import Speaker
from videos.models import ListEntry, Transcript, Video, VideoList
from videos.search.building import mend
speaker = Speaker()
video_list = VideoList.objects.create(owner=User.objects.get(username="alice"), name="Clocks")
for number in range({count}):
    title = f"everywhere {word} {{speaker.title(number)}}"[:200]
    video = Video.objects.create(
        youtube_id=f"rebuilt{{number:04}}", title=title, import_stage="complete",
        import_progress=100, captions_source="auto", finished_at=timezone.now(),
    )
    Transcript.objects.create(
        video=video, source="auto", language="de", cues=speaker.cues(number)
    )
    ListEntry.objects.create(video_list=video_list, video=video, position=number + 1)
while mend(seconds=60):
    pass
"""
NO_INDEX = "DELETE FROM videos_searchdocument; DELETE FROM videos_searchstate;"
NO_FTS = "INSERT INTO search_fts (search_fts) VALUES ('delete-all');"


@pytest.fixture(scope="module")
def library(running: Rig) -> Rig:
    code = FILL.format(count=VIDEOS, word="clock{number:04}")
    run(running, "shell", "-v", "0", "-c", code).communicate(timeout=PATIENCE)
    wait_for(lambda: running.database.value(MADE) == VIDEOS, PATIENCE)
    return running


def test_rebuild_killed_three_times_goes_on_where_it_was(library: Rig) -> None:
    library.database.change("UPDATE videos_searchdocument SET digest = 'old'")
    with searched_meanwhile(library, lambda: range(VIDEOS)):
        for _kill in range(KILLS):
            before = library.database.value(REBUILT)
            process = run(library, "rebuild_search")
            assert process.stdout
            lines = [process.stdout.readline() for _ in range(random.randint(1, LINES))]
            assert steps(lines)[0] > before
            time.sleep(random.uniform(0, 0.2))
            process.kill()
            process.communicate()
            assert before < library.database.value(REBUILT) < VIDEOS
        before = library.database.value(REBUILT)
        said = run_in_terminal(library, "rebuild_search")
    shown = [int(done) for done in re.findall(rf"(\d+)/{VIDEOS}\b", said)]
    assert "Search index" in said
    assert before < shown[0] < shown[-1] == VIDEOS
    assert f"{VIDEOS} videos can be found." in said.replace(",", "")
    assert_each_is_there_once(library)


def test_first_index_of_the_beat_killed_three_times_ends_whole(library: Rig) -> None:
    """As after the migration that brought the search: no document is there, and nobody asks."""
    script = NO_INDEX
    if not library.system.environ.get("DATABASE_URL"):
        script += NO_FTS
    library.database.change(script)
    with searched_meanwhile(library, lambda: numbers_made(library)):
        for part in range(1, KILLS + 1):
            wait_until_made(library, VIDEOS * part // 8)
            library.worker().kill()
            assert library.database.value(MADE) < VIDEOS
            wait_for(lambda: "worker" in library.system.parts(), 60)
        wait_for(lambda: library.database.value(MADE) == VIDEOS, PATIENCE)
    assert_each_is_there_once(library)


def run(rig: Rig, *arguments: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", *arguments]
    return subprocess.Popen(
        command,
        cwd=settings.BASE_DIR,
        env=rig.system.environ,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_in_terminal(rig: Rig, *arguments: str) -> str:
    """Run it to its end as a person does, and return everything it showed."""
    controller, terminal = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "manage.py", *arguments],
        cwd=settings.BASE_DIR,
        env={**rig.system.environ, "TERM": "xterm", "COLUMNS": "100", "NO_COLOR": "1"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
    )
    os.close(terminal)
    said = b""
    try:
        while some := os.read(controller, 65536):
            said += some
    except OSError:  # Linux' way of saying that the other side was closed
        pass
    os.close(controller)
    assert process.wait(60) == 0, said.decode()[-3000:]
    return re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", said.decode())


def steps(lines: list[str]) -> list[int]:
    """How many videos were done, by each line of progress."""
    return [int(line.split(":")[1].split()[0]) for line in lines]


def wait_until_made(rig: Rig, count: int) -> None:
    """Wait for more documents than that. Looks very often: the others are made soon."""
    give_up = time.monotonic() + PATIENCE
    while rig.database.value(MADE) <= count:
        assert time.monotonic() < give_up
        time.sleep(0.01)


def numbers_made(rig: Rig) -> list[int]:
    """The videos whose document is made."""
    statement = (
        "SELECT v.youtube_id FROM videos_video v JOIN videos_searchdocument d ON d.video_id = v.id"
    )
    return [int(youtube_id[-4:]) for (youtube_id,) in rig.database.rows(statement)]


@contextmanager
def searched_meanwhile(rig: Rig, findable: Callable[[], range | list[int]]) -> Iterator[None]:
    """Alice searches all the time, and always finds the one video that has the word."""
    alice = rig.system.alice()
    wrong: list[tuple[int, object]] = []
    stop = threading.Event()
    searches = 0

    def search() -> None:
        nonlocal searches
        while not stop.wait(0.1):
            numbers = findable()
            if numbers:
                number = random.choice(numbers)
                if answer_for(alice, number) != [f"rebuilt{number:04}"]:
                    wrong.append((number, answer_for(alice, number)))
                searches += 1

    thread = threading.Thread(target=search)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(60)
    assert wrong == []
    assert searches > 10


def answer_for(caller: Caller, number: int) -> list[str]:
    answer = caller.call("GET", f"/api/search?q=clock{number:04}")
    if answer.status_code != 200:
        return [answer.text]
    return [one["video"]["youtube_id"] for one in answer.json()["results"]]


def assert_each_is_there_once(rig: Rig) -> None:
    """Each video has one document, and the index has each document once."""
    database = rig.database
    found = "SELECT rowid FROM search_fts WHERE search_fts MATCH 'everywhere'"
    if rig.system.environ.get("DATABASE_URL"):
        found = (
            "SELECT id FROM videos_searchdocument "
            "WHERE search_tokens(words) @@ '''everywhere'''::tsquery"
        )
    else:
        database.change("INSERT INTO search_fts (search_fts) VALUES ('integrity-check');")
    made = [row for (row,) in database.rows("SELECT id FROM videos_searchdocument ORDER BY id")]
    assert sorted(row for (row,) in database.rows(found)) == made
    assert len(made) == database.value("SELECT count(DISTINCT video_id) FROM videos_searchdocument")
    assert len(made) == VIDEOS == database.value(REBUILT)
    assert database.value(f"{MADE} WHERE tokenizer <> {VERSION}") == 0
    assert database.value("SELECT rebuilt FROM videos_searchstate") == 0
    alice = rig.system.alice()
    sample = random.sample(range(VIDEOS), 50)
    assert [answer_for(alice, number) for number in sample] == [
        [f"rebuilt{number:04}"] for number in sample
    ]
