"""`make run` itself, in a data folder and on a port of its own: the real Redis, worker and web
server.
"""

import signal
from pathlib import Path

import pytest

from tests.installation import STOP_SECONDS, Installation, wait_for
from tests.system import System


@pytest.fixture
def running(installation: System) -> System:
    """It runs: still, or again if the last test ended it."""
    installation.run_again()
    return installation


@pytest.mark.slow
def test_it_uses_the_given_database_and_redis_and_else_its_own(running: System) -> None:
    given = bool(running.environ["DATABASE_URL"])
    assert set(running.parts()) == ({"worker", "web"} if given else {"redis", "worker", "web"})
    assert (running.data_dir / "sammelwerk.sqlite3").exists() is not given


@pytest.mark.slow
def test_a_killed_part_runs_again_and_ends_with_the_rest(running: System) -> None:
    before = running.parts()
    assert before.keys() >= {"worker", "web"}
    for process in before.values():
        process.kill()

    wait_for(lambda: running.is_well() and set(running.parts()) == set(before))
    after = running.parts()
    assert {process.pid for process in before.values()}.isdisjoint(
        process.pid for process in after.values()
    )

    after["worker"].kill()
    assert running.stop(signal.SIGTERM) < STOP_SECONDS
    assert running.left_over() == []


@pytest.mark.slow
def test_a_second_start_shows_no_password(installation: System) -> None:
    """How quick it is, is a figure of `make bench`."""
    installation.end()
    installation.run()
    assert "Login" not in installation.said()


@pytest.mark.slow
def test_it_refuses_to_share_a_data_folder_or_a_port(running: System, tmp_path: Path) -> None:
    same_folder = Installation(running.data_dir)
    assert "already runs" in same_folder.refuse()

    same_port = Installation(tmp_path / "other")
    same_port.environ["PORT"] = str(running.port)
    assert f"Port {running.port} is in use" in same_port.refuse()


@pytest.mark.slow
def test_one_ctrl_c_stops_everything(running: System) -> None:
    assert running.stop(signal.SIGINT, group=True) < STOP_SECONDS
    assert "Stopped after" in running.said()
    assert running.left_over() == []
