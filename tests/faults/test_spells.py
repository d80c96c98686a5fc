"""The spells a real YouTube has: for a while it answers everybody in a way nobody expects.

Nothing may be in error that should not be, a probe is one request, and when the spell is over
everything becomes complete without a hand. What waits in the database really waits with
FAULTS=full; else its waits are cut short.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from tests.faults.rig import Rig
from tests.faults.scale import FULL, scaled
from tests.installation import wait_for
from tests.standins import CaptionSpec, Failure, Fault, VideoSpec, video_id
from tests.system import Caller
from tests.tiers import some_first

pytestmark = pytest.mark.timeout(scaled(5400, 240))

VIDEOS = 20
SPELL = scaled(90.0, 5.0)  # seconds
DEAD = scaled(600.0, 20.0)  # seconds: a way out that refuses every connection
MINUTE = 60.0  # seconds: also the first pause of a client that is closed
CONCURRENT = 3  # videos at once on one way out
CLOSE_AFTER = 3  # refusals in a row, until a client that gives captions is closed
SPELL_AFTER = 10  # the same for the watch page
WINDOW = 30.0  # seconds of the breaker's first window; each one is twice as long
HOUR = 3600.0  # seconds
ATTEMPTS = 3  # of one video that is refused alone
ALONE = scaled(2400.0, 60.0)  # seconds that these attempts take at most
RELOAD = "The page needs to be reloaded."
NOBODY_SAID = "Zimmerlinde quoth the glockenspiel: 4711 umbrellas too few."
TOO_OLD = "The following content is not available on this app."

numbers = count(50_000)


@pytest.fixture(autouse=True)
def calm(rig: Rig) -> None:
    """Each spell strikes an installation that had none before: else its pauses go on doubling."""
    rig.forget_spells()


def ids(how_many: int = VIDEOS) -> list[str]:
    """Videos that no other test has."""
    return [video_id(next(numbers)) for _ in range(how_many)]


def withheld(rig: Rig) -> list[str]:
    """Videos whose caption texts the watch page withholds, as it does in 2026."""
    own = ids()
    captions = (CaptionSpec("de", token_clients=("WEB",)),)
    rig.youtube.catalogue.add(*(VideoSpec(one, captions=captions) for one in own))
    return own


def stages(caller: Caller, list_id: int) -> Counter[str]:
    return Counter(video["import_stage"] for video in caller.videos(list_id))


def errors(caller: Caller, list_id: int) -> Counter[str]:
    return Counter(video["error"]["cause"] for video in caller.videos(list_id) if video["error"])


def wait_shortened(rig: Rig, condition: Callable[[], bool], seconds: float) -> None:
    """Wait for what takes so many seconds at most; at short length, with all waits cut short."""
    give_up = time.monotonic() + seconds

    def holds() -> bool:
        if not FULL:
            rig.let_time_pass(HOUR)
        return condition()

    wait_for(holds, give_up - time.monotonic())


def windows_in(seconds: float) -> int:
    """How many probes may go out in so many seconds after a trip."""
    probes, due = 0, WINDOW
    while due <= seconds:
        probes += 1
        due += WINDOW * 2**probes
    return probes


def steps_into_error(rig: Rig, youtube_ids: list[str]) -> int:
    """How often one of these videos was ever put in error, whatever became of it."""
    steps = rig.database.steps()
    return sum(after == "error" for one in youtube_ids for _, after in steps.get(one, []))


def test_stream_whose_start_has_passed_is_asked_once(rig: Rig) -> None:
    """It loses its rank: the good videos behind it are not kept waiting."""
    stale, *good = ids(VIDEOS + 1)
    began = datetime.now(UTC) - timedelta(hours=3)
    rig.youtube.catalogue.add(VideoSpec(stale, failure=Failure.UPCOMING_SOON, starts_at=began))
    alice = rig.system.alice()
    list_id = alice.new_list()
    alice.add(list_id, [stale, *good])
    wait_for(lambda: stages(alice, list_id) == {"complete": VIDEOS, "error": 1}, 60)
    assert errors(alice, list_id) == {"upcoming": 1}
    assert rig.youtube.log.count(kind="watch", video_id=stale) == 1

    rig.youtube.catalogue.change(stale, failure=None, starts_at=None)
    wait_shortened(rig, lambda: stages(alice, list_id) == {"complete": VIDEOS + 1}, 1.2 * HOUR)
    assert rig.youtube.log.count(kind="watch", video_id=stale) == 2
    rig.assert_all_complete_once(alice, list_id, VIDEOS + 1)


@pytest.mark.parametrize(
    ("playability", "reason"),
    some_first(
        [
            ("LOGIN_REQUIRED", "Sign in to confirm you’re not a bot"),
            ("UNPLAYABLE", TOO_OLD),
            ("ERROR", "This video is unavailable"),
        ],
        1,
    ),
    ids=["withheld", "too-old", "final-words"],
)
def test_captions_that_no_client_gives_come_later(rig: Rig, playability: str, reason: str) -> None:
    """The watch page answers: every video is complete at once, and none is in error."""
    refusal = Fault("refusal", kind="player", playability=playability, reason=reason)
    spell = rig.youtube.faults.add(refusal)
    own, log, alice = withheld(rig), rig.youtube.log, rig.system.alice()
    list_id = alice.new_list()
    end = alice.finished(alice.add(list_id, own)["batch"], 60)
    assert (end["done"], end["failed"], end["without_captions"]) == (VIDEOS, 0, VIDEOS)
    assert log.count(kind="watch") == VIDEOS
    at_closing = 2 * (CLOSE_AFTER + CONCURRENT - 1)  # of two clients; some were on their way
    assert 0 < log.count(kind="player") <= at_closing

    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began >= SPELL, SPELL + 5)
    assert log.count(kind="player") <= at_closing + 2 * (SPELL // MINUTE)
    spell.remove()
    wait_shortened(rig, lambda: sources(alice, list_id) == {"manual": VIDEOS}, 900)
    assert stages(alice, list_id) == {"complete": VIDEOS}
    assert steps_into_error(rig, own) == 0
    assert rig.database.half_written() == []


def sources(caller: Caller, list_id: int) -> Counter[str]:
    return Counter(video["captions_source"] for video in caller.videos(list_id))


@pytest.mark.parametrize(
    ("reason", "lasts"), [(RELOAD, SPELL), (NOBODY_SAID, MINUTE)], ids=["reload", "nobody-said"]
)
@pytest.mark.slow
def test_refusal_of_every_video_is_waited_out(rig: Rig, reason: str, lasts: float) -> None:
    """Ten videos are asked until it is about us; then one at a time, in longer and longer
    pauses.
    """
    spell = rig.youtube.faults.add(Fault("refusal", kind="watch", reason=reason))
    own, log, alice = ids(2 * VIDEOS), rig.youtube.log, rig.system.alice()
    list_id = alice.new_list()
    batch = alice.add(list_id, own)["batch"]
    wait_for(lambda: rig.system.health().get("youtube") == "changed", 60)
    noticed = time.monotonic()
    wait_for(lambda: not rig.running(), 20)
    assert log.count(kind="watch") <= SPELL_AFTER + CONCURRENT - 1
    wait_for(lambda: time.monotonic() - noticed >= lasts, lasts + 5)
    spell.remove()
    probes = log.count(kind="watch") - SPELL_AFTER - CONCURRENT + 1
    assert probes <= windows_in(lasts)
    assert alice.progress(batch)["failed"] == 0

    wait_shortened(rig, lambda: stages(alice, list_id) == {"complete": 2 * VIDEOS}, 300)
    assert steps_into_error(rig, own) == 0
    rig.assert_all_complete_once(alice, list_id, 2 * VIDEOS)
    assert "youtube" not in rig.system.health()


def test_refusal_of_one_video_alone_ends_in_error(rig: Rig) -> None:
    """It is tried again, then said as what it is; the others are not kept waiting."""
    refused, *good = ids(VIDEOS + 1)
    refusal = Fault("refusal", kind="watch", video_id=refused, reason=NOBODY_SAID)
    spell = rig.youtube.faults.add(refusal)
    log, alice = rig.youtube.log, rig.system.alice()
    list_id = alice.new_list()
    alice.add(list_id, [refused, *good])
    wait_for(lambda: stages(alice, list_id)["complete"] == VIDEOS, 60)
    wait_shortened(rig, lambda: stages(alice, list_id)["error"] == 1, ALONE)
    assert errors(alice, list_id) == {"youtube_changed": 1}
    assert log.count(kind="watch", video_id=refused) == ATTEMPTS
    assert "youtube" not in rig.system.health()

    spell.remove()
    (video,) = [video for video in alice.videos(list_id) if video["error"]]
    alice.call("POST", f"/api/videos/{video['id']}/retry")
    wait_for(lambda: stages(alice, list_id) == {"complete": VIDEOS + 1}, 30)


@pytest.mark.slow
def test_way_out_that_is_dead_is_waited_out(rig: Rig) -> None:
    """The system refuses every connection; no attempt is used, and it ends by itself."""
    own, alice = ids(), rig.system.alice()
    rig.youtube.kill_way(0)
    list_id = alice.new_list()
    batch = alice.add(list_id, own)["batch"]
    wait_for(lambda: rig.system.health().get("youtube") == "unreachable", 60)
    began = time.monotonic()
    wait_for(lambda: time.monotonic() - began >= DEAD, DEAD + 5)
    assert alice.progress(batch)["failed"] == 0
    rig.youtube.revive_way(0)
    wait_shortened(rig, lambda: stages(alice, list_id) == {"complete": VIDEOS}, 2 * DEAD + 120)
    assert steps_into_error(rig, own) == 0
    rig.assert_all_complete_once(alice, list_id, VIDEOS)
    assert (
        max(Counter(call.video_id for call in rig.youtube.log.select(kind="watch")).values()) == 1
    )
    assert "youtube" not in rig.system.health()


@pytest.mark.slow
def test_list_that_breaks_off_is_read_to_its_end(rig: Rig) -> None:
    """What came is imported, and the rest comes with another reading.

    When it breaks off later, a follow misses nothing.
    """
    whole, part = scaled(500, 110), scaled(200, 100)
    playlist = "PLspells-that-break-off"
    catalogue, alice = rig.youtube.catalogue, rig.system.alice()
    catalogue.add_playlist(playlist, whole, ends_at=part)
    list_id = alice.new_list()
    address = f"https://www.youtube.com/playlist?list={playlist}"
    follow = alice.call("POST", f"/api/lists/{list_id}/follows", json={"url": address}).json()
    wait_for(lambda: stages(alice, list_id) == {"complete": part}, 120)
    catalogue.add_playlist(playlist, whole)
    wait_shortened(rig, lambda: stages(alice, list_id) == {"complete": whole}, 900)
    rig.assert_all_complete_once(alice, list_id, whole)

    path = f"/api/lists/{list_id}/follows/{follow['id']}"
    wait_shortened(rig, lambda: is_checked_well(alice, path), 2 * HOUR)
    catalogue.add_playlist(playlist, whole, ends_at=part)
    rig.let_time_pass(HOUR)
    assert alice.call("POST", f"{path}/check").status_code == 202
    wait_for(lambda: alice.call("GET", path).json()["error"] is not None, 60)
    assert alice.call("GET", path).json()["gone"] == 0


def is_checked_well(caller: Caller, path: str) -> bool:
    found = caller.call("GET", path).json()
    return bool(found["checked_at"]) and found["error"] is None
