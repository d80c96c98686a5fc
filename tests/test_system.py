"""The walking system, over REST and its socket."""

import pytest

from tests.standins import Failure, YouTubeStandIn, video_id
from tests.system import Caller, System, frames_until, stages_of

pytestmark = pytest.mark.timeout(180)


def all_complete(caller: Caller, list_id: int, count: int) -> bool:
    videos = caller.videos(list_id)
    return len(videos) == count and all(video["import_stage"] == "complete" for video in videos)


@pytest.mark.slow
def test_a_video_costs_three_requests_for_all_users(
    system: System, youtube: YouTubeStandIn
) -> None:
    alice, bob = system.alice(), system.another()
    ids = [video_id(1000 + n) for n in range(100)]
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
