"""Programs that end with the process that began them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from enrichment import children
from tests.installation import wait_for


def test_program_runs_to_its_end() -> None:
    echo = "import sys; sys.stderr.write('said'); print(sys.stdin.read() * 2); sys.exit(3)"
    done = children.run([sys.executable, "-c", echo], seconds=20, input="ab")
    assert (done.returncode, done.stdout, done.stderr) == (3, "abab\n", "said")


def test_program_that_takes_too_long_is_killed() -> None:
    slow = "import os, time; print(os.getpid(), flush=True); time.sleep(100)"
    with pytest.raises(subprocess.TimeoutExpired) as late:
        children.run([sys.executable, "-c", slow], seconds=2)
    assert late.value.stdout is not None
    assert not psutil.pid_exists(int(late.value.stdout))


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux offers that")
def test_program_dies_with_the_process_that_began_it(tmp_path: Path) -> None:
    note = tmp_path / "pid"
    sleeper = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(100)"
    parent = (
        "import sys; from enrichment import children; "
        f"children.run([sys.executable, '-c', {sleeper!r}], seconds=100)"
    )
    with subprocess.Popen([sys.executable, "-c", parent]) as process:
        wait_for(lambda: note.exists() and note.read_text() != "")
        child = psutil.Process(int(note.read_text()))
        process.kill()
    _, still_there = psutil.wait_procs([child], timeout=20)
    assert not still_there
