"""`make run` itself, in a data folder and on a port of its own: the real Redis, worker and web server."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from tests.installation import STOP_SECONDS, Installation, wait_for


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One for the whole file, after its first start."""
    one = Installation(tmp_path_factory.mktemp("quickstart") / "data")
    try:
        one.run()
        assert "Login: admin / " in one.said()
        yield one
    finally:
        one.end()


@pytest.fixture
def running(installation: Installation) -> Installation:
    """It runs: still, or again if the last test ended it."""
    if installation.make is None or installation.make.poll() is not None:
        installation.run()
    return installation


def test_what_was_killed_runs_again_by_itself_and_ends_with_the_rest(running: Installation) -> None:
    before = running.parts()
    assert set(before) == {"redis", "worker", "web"}
    for process in before.values():
        process.kill()

    wait_for(lambda: running.is_well() and set(running.parts()) == set(before))
    after = running.parts()
    assert {process.pid for process in before.values()}.isdisjoint(process.pid for process in after.values())

    after["worker"].kill()
    assert running.stop(signal.SIGTERM) < STOP_SECONDS
    assert running.left_over() == []


def test_a_second_start_shows_no_password(installation: Installation) -> None:
    """How quick it is, is a figure of `make bench`."""
    installation.end()
    installation.run()
    assert "Login" not in installation.said()


def test_it_refuses_to_share_a_data_folder_or_a_port(running: Installation, tmp_path: Path) -> None:
    same_folder = Installation(running.data_dir)
    assert "already runs" in same_folder.refuse()

    same_port = Installation(tmp_path / "other")
    same_port.environ["PORT"] = str(running.port)
    assert f"Port {running.port} is in use" in same_port.refuse()


def test_one_ctrl_c_stops_everything(running: Installation) -> None:
    assert running.stop(signal.SIGINT, group=True) < STOP_SECONDS
    assert "Stopped after" in running.said()
    assert running.left_over() == []


@pytest.mark.skipif(not os.environ.get("DATABASE_URL") or not os.environ.get("REDIS_URL"), reason="needs DATABASE_URL and REDIS_URL")
@pytest.mark.django_db(transaction=True)
def test_it_uses_the_given_database_and_redis(tmp_path: Path) -> None:
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")} | {"SECRET_KEY": "for this test alone" * 4}
    given["DATABASE_URL"] = given["DATABASE_URL"].rpartition("/")[0] + f"/{settings.DATABASES['default']['NAME']}"
    one = Installation(tmp_path / "data", given)

    try:
        one.run()
        assert set(one.parts()) == {"worker", "web"}
        assert not (tmp_path / "data" / "sammelwerk.sqlite3").exists()
    finally:
        one.end()
    assert one.left_over() == []
