"""With the settings as they are, two seconds between videos and a burst of five; and what is said
while YouTube is slower still.
"""

import re
from itertools import count

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit
from tests.standins import Fault, YouTubeStandIn, video_id
from tests.system import System, frames_until, stages_of

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]
STAGES = [("metadata", 25), ("captions", 60), ("chapters", 90), ("complete", 100)]
unknown = count()  # numbers of videos nobody has imported yet, also when a test is tried again


@pytest.fixture(scope="module")
def running_system(installation: System) -> System:
    installation.run_again()
    return installation


def test_five_pasted_videos_are_cards_at_once_and_say_each_stage(system: System) -> None:
    """How many seconds it takes is measured by `make bench`."""
    alice = system.another()
    list_id = alice.new_list()
    pasted = [video_id(next(unknown)) for _ in range(5)]
    with alice.socket() as socket:
        batch = alice.add(list_id, pasted)["batch"]
        assert [card["youtube_id"] for card in alice.videos(list_id)] == pasted
        frames = frames_until(
            socket,
            lambda frames: any(
                frame.get("batch_id") == batch and frame["state"] == "finished" for frame in frames
            ),
        )
    assert list(stages_of(frames).values()) == [STAGES] * 5


def test_the_banner_says_when_a_slowed_import_goes_on(
    visit: Visit, youtube: YouTubeStandIn
) -> None:
    """The last one here: the breaker stays open."""
    alice = visit(timezone_id="Europe/Zurich")
    youtube.faults.add(Fault("status", status=429))
    list_id = alice.caller.new_list()
    alice.caller.add(list_id, [video_id(306_000 + n) for n in range(20)])
    page = alice.open(f"/lists/{list_id}/")
    banner = page.get_by_test_id("throttle-banner")
    expect(banner).to_be_visible(timeout=60_000)
    expect(banner).to_contain_text(re.compile(r"\b\d{1,2}[:.]\d{2}\b"))
    expect(banner).to_contain_text("20 waiting")
    youtube.faults.clear()
    expect(page.locator(".card.failed")).to_have_count(0)
