"""A whole installation, used from outside: over REST, over its WebSocket, by killing its parts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit

import psycopg
import pytest
import redis
import requests
from django.conf import settings
from websockets.sync.client import ClientConnection, connect

from tests.installation import START_SECONDS, Installation, wait_for
from tests.standins import YouTubeStandIn

PASSWORD = "a password for the tests"
ANYBODY = {
    "DJANGO_SUPERUSER_USERNAME": "",
    "DJANGO_SUPERUSER_PASSWORD": "",
}  # the first user is called admin, with a password of its own
EAGER = {"YOUTUBE_BASE_DELAY": "0", "YOUTUBE_BURST": "50", "YOUTUBE_HOURLY_BUDGET": "1000000"}


def session() -> requests.Session:
    """One that takes no proxy from the environment."""
    own = requests.Session()
    own.trust_env = False
    return own


class Caller:
    """One user's REST session."""

    def __init__(self, url: str, name: str, token: str, login: str = "") -> None:
        """`login`: the key of a session that was begun already; without it `browser` begins one
        over the form.
        """
        self.url = url
        self.session = session()
        self.session.headers["Authorization"] = f"Token {token}"
        self.name, self.password, self.login = name, PASSWORD, login

    def call(self, method: str, path: str, **options: Any) -> requests.Response:
        return self.session.request(method, self.url + path, timeout=30, **options)

    def new_list(self, name: str = "Clocks") -> int:
        return int(self.call("POST", "/api/lists", json={"name": name}).json()["id"])

    def add(self, list_id: int, youtube_ids: Sequence[str]) -> dict[str, Any]:
        answer = self.call(
            "POST", f"/api/lists/{list_id}/videos/batch", json={"urls": list(youtube_ids)}
        )
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def progress(self, batch_id: int) -> dict[str, Any]:
        return dict(self.call("GET", f"/api/imports/{batch_id}").json())

    def videos(self, list_id: int) -> list[dict[str, Any]]:
        """All videos of a list, page by page."""
        found, page = [], f"/api/lists/{list_id}/videos?page_size=200"
        while page:
            answer = self.call("GET", page).json()
            found += answer["results"]
            page = (answer["next"] or "").removeprefix(self.url)
        return found

    def finished(self, batch_id: int, seconds: float = 60) -> dict[str, Any]:
        """The import's last state, once it is at an end."""
        wait_for(lambda: self.progress(batch_id)["state"] == "finished", seconds)
        return self.progress(batch_id)

    def browser(self) -> requests.Session:
        """Signed in, over the login form if need be."""
        browser = session()
        if self.login:
            browser.cookies.set("sessionid", self.login, domain="127.0.0.1")
            return browser
        browser.get(f"{self.url}/accounts/login/", timeout=10)
        form = {
            "username": self.name,
            "password": self.password,
            "csrfmiddlewaretoken": browser.cookies["csrftoken"],
        }
        browser.post(
            f"{self.url}/accounts/login/", data=form, headers={"Referer": self.url}, timeout=10
        )
        return browser

    @contextmanager
    def socket(self) -> Iterator[ClientConnection]:
        """The progress socket, opened as the browser does: with the cookie of a login."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.browser().cookies.items())
        headers = {"Cookie": cookie, "Origin": self.url}
        with connect(
            self.url.replace("http", "ws") + "/ws/progress", additional_headers=headers, proxy=None
        ) as socket:
            yield socket


def frames_until(
    socket: ClientConnection, enough: Callable[[list[dict[str, Any]]], bool], seconds: float = 30
) -> list[dict[str, Any]]:
    """The frames that come until they are enough."""
    frames: list[dict[str, Any]] = []
    give_up = time.monotonic() + seconds
    while not enough(frames):
        message = json.loads(socket.recv(timeout=max(give_up - time.monotonic(), 0.01)))
        frames += message if isinstance(message, list) else [message]
    return frames


def stages_of(frames: list[dict[str, Any]]) -> dict[int, list[tuple[str, int]]]:
    """What was said of each video."""
    seen = defaultdict(list)
    for frame in frames:
        if frame["type"] == "import_progress":
            seen[frame["video_id"]].append((frame["stage"], frame["progress"]))
    return seen


# Run in Django's shell, as an administrator might: people who have a token and are signed in. One
# password, hashed once.
MAKE_PEOPLE = """
import json, uuid
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import User
from django.test import Client
from videos.tokens import create_token
password = make_password({password!r})
people = []
for _ in range({count}):
    user = User.objects.create(username=f"user{{uuid.uuid4().hex[:8]}}", password=password)
    client = Client()
    client.force_login(user)
    token = create_token(owner=user, name="tests", days=None).text
    people.append((user.username, token, client.session.session_key))
print("people:" + json.dumps(people))
"""


class StandIn(Protocol):
    @property
    def environment(self) -> dict[str, str]: ...


class System(Installation):
    """An installation whose YouTube is the stand-in."""

    def __init__(
        self,
        folder: Path,
        youtube: StandIn,
        environ: Mapping[str, str],
        start_seconds: float = START_SECONDS,
    ) -> None:
        first_user = {"DJANGO_SUPERUSER_USERNAME": "alice", "DJANGO_SUPERUSER_PASSWORD": PASSWORD}
        own = {**youtube.environment, **first_user, **environ}
        super().__init__(folder, own, start_seconds=start_seconds)
        self.url = f"http://127.0.0.1:{self.port}"
        self.strangers: list[Caller] = []

    def alice(self) -> Caller:
        """The first user, with a token as any program gets it."""
        form = {"username": "alice", "password": PASSWORD}
        return Caller(
            self.url,
            "alice",
            session().post(f"{self.url}/api/token", json=form, timeout=10).json()["token"],
        )

    def another(self) -> Caller:
        """Somebody who owns nothing yet."""
        if not self.strangers:
            said = self.manage("shell", "-c", MAKE_PEOPLE.format(password=PASSWORD, count=60))
            people = json.loads(said.partition("people:")[2])
            self.strangers = [Caller(self.url, name, token, login) for name, token, login in people]
        return self.strangers.pop()

    def manage(self, *arguments: str, timeout: float = 60) -> str:
        """Run `manage.py` on this installation's data, for at most so many seconds."""
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(
            command,
            cwd=settings.BASE_DIR,
            env=self.environ,
            check=True,
            capture_output=True,
            text=True,
            timeout=timeout,
        ).stdout

    def kill_all(self) -> None:
        """The end of the quick kind.

        Nothing may outlive a supervisor that is killed; here it is seen, at the end of every
        system.
        """
        if self.make is None or self.make.poll() is not None:
            return
        supervisor = self.find_supervisor()
        if supervisor is None:  # the start did not come so far, and its error is to be seen
            os.killpg(self.make.pid, signal.SIGKILL)
        else:
            supervisor.kill()
        self.make.wait(timeout=10)
        wait_for(lambda: self.left_over() == [])

    def kill(self, part: str) -> None:
        self.parts()[part].send_signal(signal.SIGKILL)


def own_redis_database(url: str, shared: bool) -> str:
    """Another numbered database of the same server: 8 and up, two for each process that runs
    tests.
    """
    number = 8 + 2 * int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + shared
    return (
        f"{url}?db={number}"
        if url.startswith("unix://")
        else urlsplit(url)._replace(path=f"/{number}").geturl()
    )


@contextmanager
def own_database(name: str, shared: bool) -> Iterator[dict[str, str]]:
    """On the embedded default nothing; with DATABASE_URL a database of this system's own beside the
    given one (`<given>_<name>`, so that two runs do not meet), and the keys of its Redis gone.
    """
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        yield {}
        return
    server_url = given.rpartition("/")[0] + "/postgres"
    name = f"{given.rpartition('/')[2]}_{name}"
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        server.execute(f'CREATE DATABASE "{name}"')
        server.execute(
            f'ALTER DATABASE "{name}" SET synchronous_commit = off'
        )  # nobody takes its power away
    redis_url = own_redis_database(os.environ["REDIS_URL"], shared)
    with contextlib.closing(redis.Redis.from_url(redis_url)) as own:
        own.flushdb()
    yield {
        "DATABASE_URL": given.rpartition("/")[0] + f"/{name}",
        "REDIS_URL": redis_url,
        "SECRET_KEY": f"for these tests alone, {name}" * 3,
    }
    with psycopg.connect(server_url, autocommit=True) as server:
        server.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@contextmanager
def started(
    folder: Path,
    youtube: StandIn,
    environ: Mapping[str, str],
    *,
    shared: bool = False,
    start_seconds: float = START_SECONDS,
) -> Iterator[System]:
    """`shared`: it runs beside others, with a database of another name."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"{'shared' if shared else 'system'}{os.environ.get('PYTEST_XDIST_WORKER', '')}"
    with own_database(name, shared) as database:
        one = System(folder / "data", youtube, {**database, **environ}, start_seconds)
        try:
            one.run()
            yield one
        finally:
            one.kill_all()


@pytest.fixture(scope="session")
def running_system(
    tmp_path_factory: pytest.TempPathFactory, youtube_process: YouTubeStandIn
) -> Iterator[System]:
    """One for all tests that use a whole system, as fast as its worker goes."""
    one_way = {
        "YOUTUBE_PROXY": youtube_process.proxy_urls[0]
    }  # as most have; each more is three more processes of the worker
    with started(
        tmp_path_factory.mktemp("system"), youtube_process, EAGER | one_way, shared=True
    ) as one:
        yield one


@pytest.fixture(scope="session")
def installation(
    tmp_path_factory: pytest.TempPathFactory, youtube_process: YouTubeStandIn
) -> Iterator[System]:
    """One with the settings as they are, after its first start, for the tests of the pace and of
    `make run` itself.
    """
    with started(tmp_path_factory.mktemp("installation"), youtube_process, ANYBODY) as one:
        assert "Login: admin / " in one.said()
        yield one


@pytest.fixture
def system(running_system: System, youtube: YouTubeStandIn) -> System:
    """The running installation, well again after whatever the last test did to it, its YouTube
    (`youtube`) clean.
    """
    wait_for(running_system.is_well)
    return running_system
