"""The walking system, over REST and its socket."""

import random
import socket
from urllib.parse import quote_from_bytes

import psutil
import psycopg
import pytest
import requests

from tests.installation import wait_for
from tests.standins import Failure, YouTubeStandIn, video_id
from tests.system import Caller, System, frames_until, stages_of
from tests.test_hostile_values import JSON_VALUES, VALUES

pytestmark = pytest.mark.timeout(180)
LONGEST_VALUE = 500  # bytes; a request's first line may have 16 kB
SPARE_CONNECTIONS = 6  # of the worker's processes, which come and go


def all_complete(caller: Caller, list_id: int, count: int) -> bool:
    videos = caller.videos(list_id)
    return len(videos) == count and all(video["import_stage"] == "complete" for video in videos)


@pytest.mark.slow
def test_a_video_costs_three_requests_for_all_users(
    system: System, youtube: YouTubeStandIn
) -> None:
    alice, bob = system.alice(), system.another()
    first = random.randrange(10**6, 10**9)  # new ones each time: those of before are complete
    ids = [video_id(first + n) for n in range(100)]
    lists = {caller: caller.new_list() for caller in (alice, bob)}
    batches = {caller: caller.add(list_id, ids)["batch"] for caller, list_id in lists.items()}
    for caller, batch in batches.items():
        assert caller.finished(batch)["done"] == 100
        assert all_complete(caller, lists[caller], 100)
    calls = [call.video_id for call in youtube.log.calls]
    assert set(calls) == set(ids)
    assert max(calls.count(one) for one in ids) <= 3
    assert youtube.log.count(kind="watch") == 100


@pytest.mark.slow
def test_a_reload_or_reconnect_shows_what_the_database_has(system: System) -> None:
    alice = system.alice()
    list_id = alice.new_list()
    with alice.socket() as socket:
        batch = alice.add(list_id, [video_id(4000 + n) for n in range(20)])["batch"]
        frames_until(
            socket, lambda frames: any(frame.get("stage") == "complete" for frame in frames)
        )
    alice.finished(batch)
    ids = {video["id"]: video["version"] for video in alice.videos(list_id)}
    with alice.socket() as socket:
        socket.send(f'{{"action": "subscribe", "video_ids": {list(ids)}}}')
        socket.send('{"action": "sync"}')
        frames = frames_until(socket, lambda frames: len(stages_of(frames)) == 20, seconds=5)
    assert {
        frame["video_id"]: frame["version"]
        for frame in frames
        if frame["type"] == "import_progress"
    } == ids


@pytest.mark.slow
def test_failures_are_said_in_plain_words(system: System, youtube: YouTubeStandIn) -> None:
    alice = system.alice()
    youtube.catalogue.change(video_id(5000), failure=Failure.PRIVATE)
    list_id = alice.new_list()
    batch = alice.add(list_id, [video_id(5000), video_id(5001), "not an address"])["batch"]
    progress = alice.finished(batch)
    assert (
        progress["total"],
        progress["done"],
        progress["failed"],
        progress["invalid"],
        progress["percent"],
    ) == (2, 2, 1, 1, 100)
    (private,) = [video for video in alice.videos(list_id) if video["import_stage"] == "error"]
    assert private["error"] == {"cause": "private", "message": "This video is private."}
    german = alice.call(
        "GET", f"/api/videos/{private['id']}", headers={"Accept-Language": "de"}
    ).json()
    assert german["error"]["message"] == "Dieses Video ist privat."


@pytest.mark.slow
def test_one_answers_quickly_while_a_worker_is_busy(
    system: System, youtube: YouTubeStandIn
) -> None:
    """201 with nothing fetched, 409 for the second, 400 for what is no video; the figure itself is
    in `make bench`.
    """
    alice = system.alice()
    busy, list_id = alice.new_list(), alice.new_list()
    alice.add(busy, [video_id(6000 + n) for n in range(50)])
    first = alice.call(
        "POST", f"/api/lists/{list_id}/videos", json={"url": f"https://youtu.be/{video_id(6500)}"}
    )
    assert (first.status_code, first.json()["import_stage"], first.json()["import_progress"]) == (
        201,
        "created",
        0,
    )
    second = alice.call("POST", f"/api/lists/{list_id}/videos/", json={"url": video_id(6500)})
    assert (second.status_code, second.json()["id"]) == (409, first.json()["id"])
    evil = alice.call(
        "POST",
        f"/api/lists/{list_id}/videos",
        json={"url": "https://evil.example/watch?v=dQw4w9WgXcQ"},
    )
    assert evil.status_code == 400
    assert youtube.log.count(kind="refused") == 0


def connections_of(system: System) -> int:
    """How many connections to the database are open; on SQLite, how often the web server has its
    file open.
    """
    url = system.environ.get("DATABASE_URL", "")
    if not url:
        web = psutil.Process(system.parts()["web"].pid)
        return sum(file.path.endswith(".sqlite3") for file in web.open_files())
    with psycopg.connect(url, autocommit=True) as server:
        row = server.execute(
            "SELECT COUNT(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert row
    return int(row[0])


@pytest.mark.slow
def test_pages_go_before_videos_on_a_busy_machine(system: System) -> None:
    """The worker's main process, which gives out the work, has the weight of the web server."""
    parts = system.parts()
    ordinary = parts["web"].nice()

    def is_so() -> bool:
        pool = parts["worker"].children()
        try:
            giving_way = [process for process in pool if process.nice() > ordinary]
        except psutil.NoSuchProcess:  # its tasks were enough for one
            return False
        return len(giving_way) >= len(pool) - 1  # one is the beat

    assert parts["worker"].nice() == ordinary
    wait_for(is_so)


@pytest.mark.slow
def test_hostile_values_leave_no_connection_behind(system: System) -> None:
    """A connection for each failed export was left once; a hundred shut everybody out."""
    alice = system.alice()
    list_id = alice.new_list()
    alice.add(list_id, [video_id(9000)])
    browser = alice.browser()
    page = f"{system.url}/lists/{list_id}/"
    browser.get(page, timeout=30)
    token = str(browser.cookies["csrftoken"])
    before = connections_of(system)
    statuses = []
    for value in VALUES.values():
        hostile = quote_from_bytes(value[:LONGEST_VALUE], safe="")
        query = "&".join(f"{name}={hostile}" for name in ("q", "tag", "channel", "before", "sort"))
        for address in (page, f"{page}cards/", f"{page}facets/", f"{system.url}/search/"):
            answer = browser.get(f"{address}?{query}&since=1", timeout=30)
            statuses.append(answer.status_code)
        form = {"all": "1", "query": query, "csrfmiddlewaretoken": token}
        referer = {"Referer": system.url}
        answer = browser.post(f"{page}export/", data=form, headers=referer, timeout=30)
        statuses.append(answer.status_code)
    for text in JSON_VALUES.values():
        for path in ("/api/lists", f"/api/lists/{list_id}/videos/batch"):
            body = f'{{"name": {text}, "urls": {text}, "text": {text}}}'
            kind = {"Content-Type": "application/json"}
            answer = alice.call("POST", path, data=body.encode(), headers=kind)
            statuses.append(answer.status_code)
    assert max(statuses) < 500
    assert len(statuses) > 100
    wait_for(lambda: connections_of(system) <= before + SPARE_CONNECTIONS)


@pytest.mark.slow
def test_a_kill_in_an_upload_leaves_nothing_half_done(system: System) -> None:
    bob = system.another()
    list_id = bob.new_list()
    browser = bob.browser()
    browser.get(f"{system.url}/import/", timeout=30)
    addresses = "".join(f"https://youtu.be/{video_id(9100 + n)}\n" for n in range(50))
    form = {
        "video_list": str(list_id),
        "csrfmiddlewaretoken": str(browser.cookies["csrftoken"]),
    }
    upload = browser.prepare_request(
        requests.Request(
            "POST",
            f"{system.url}/import/",
            data=form,
            files={"files": ("mine.txt", addresses)},
            headers={"Referer": system.url},
        )
    )
    assert isinstance(upload.body, bytes)
    head = f"POST /import/ HTTP/1.1\r\nHost: 127.0.0.1:{system.port}\r\n" + "".join(
        f"{name}: {value}\r\n" for name, value in upload.headers.items()
    )
    killed = system.parts()["web"].pid
    with socket.create_connection(("127.0.0.1", system.port), timeout=10) as half:
        half.sendall(head.encode() + b"\r\n" + upload.body[: len(upload.body) // 2])
        system.kill("web")
        assert half.recv(1) == b"", "the connection is gone with the process"
    wait_for(lambda: system.is_well() and system.parts()["web"].pid != killed)
    assert bob.call("GET", "/api/imports").json()["results"] == []

    answer = browser.send(upload, allow_redirects=False, timeout=30)

    assert answer.status_code == 302
    assert len(bob.videos(list_id)) == 50
