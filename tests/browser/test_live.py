"""A page while things go wrong around it, and while people and YouTube write what they like."""

import re
import time
from itertools import pairwise

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.standins import Fault, YouTubeStandIn, video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]
HOSTILE = "<img src=x onerror=alert(1)>\"'><script>alert(1)</script>{{ 7 }}"


def live(page: Page) -> None:
    expect(page.get_by_test_id("connection")).to_have_attribute(
        "data-state", "live", timeout=40_000
    )


def begin(visitor: Visitor, first: int, count: int, name: str = "Clocks") -> Page:
    """The page of a list to which so many videos are being imported."""
    list_id = visitor.caller.new_list(name)
    page = visitor.open(f"/lists/{list_id}/")
    live(page)
    visitor.caller.add(list_id, [video_id(first + n) for n in range(count)])
    expect(page.get_by_test_id("video-card")).to_have_count(min(count, 60))
    return page


WATCH_SHIFTS = """window.shifts = [];
new PerformanceObserver((list) => list.getEntries().forEach(({ value, sources }) =>
    window.shifts.push([value, ...sources.map(({ node }) => node?.outerHTML?.slice(0, 80))])
)).observe({ type: "layout-shift", buffered: true })"""


@pytest.mark.slow
@pytest.mark.page
def test_nothing_on_the_page_moves_while_cards_fill(visit: Visit) -> None:
    alice = visit()
    alice.context.add_init_script(WATCH_SHIFTS)
    list_id = alice.caller.new_list()
    alice.caller.add(list_id, [video_id(300_000 + n) for n in range(12)])
    page = alice.open(f"/lists/{list_id}/")
    expect(page.locator(".card[data-stage=complete]")).to_have_count(12, timeout=60_000)
    expect(page.get_by_test_id("summary-toast")).to_be_visible()
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, *_ in shifts) < 0.02, shifts


@pytest.mark.slow
@pytest.mark.page
def test_nothing_moves_when_an_empty_list_fills(visit: Visit) -> None:
    alice = visit()
    alice.context.add_init_script(WATCH_SHIFTS)
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    live(page)
    alice.caller.add(list_id, [video_id(300_100 + n) for n in range(70)])
    expect(page.get_by_test_id("video-card")).to_have_count(60)
    shifts = page.evaluate("window.shifts")
    assert sum(value for value, *_ in shifts) < 0.02, shifts


@pytest.mark.slow
@pytest.mark.page
def test_a_next_page_that_failed_is_asked_for_again(visit: Visit) -> None:
    alice = visit()
    alice.allowed = ("Failed to load resource", "htmx:", "ERR_")
    list_id = alice.caller.new_list()
    alice.caller.add(list_id, [video_id(300_200 + n) for n in range(70)])
    alice.context.route("**/*before=*", lambda route: route.abort(), times=1)
    page = alice.open(f"/lists/{list_id}/")
    page.locator("#more").scroll_into_view_if_needed()
    expect(page.locator("#unreachable")).to_be_visible()
    page.evaluate("scrollTo(0, 0)")
    page.locator("#more").scroll_into_view_if_needed()
    expect(page.get_by_test_id("video-card")).to_have_count(70)


@pytest.mark.slow
@pytest.mark.parametrize(("part", "first"), [("worker", 301_000), ("redis", 302_000)])
def test_videos_complete_on_the_page_though_a_part_is_killed(
    visit: Visit, system: System, youtube: YouTubeStandIn, part: str, first: int
) -> None:
    if part not in system.parts():
        pytest.skip("this Redis is not the system's own")
    alice = visit()
    alice.allowed = ("WebSocket connection", "Failed to load resource", "ERR_", "htmx:")
    page = begin(alice, first, 40)
    youtube.log.wait(20, kind="watch")
    system.kill(part)
    expect(page.locator(".card[data-stage=complete]")).to_have_count(40, timeout=90_000)
    expect(page.get_by_test_id("summary-toast")).to_contain_text("40 videos imported")
    live(page)
    assert alice.watched.visits == []


@pytest.mark.slow
def test_what_people_write_is_text_wherever_it_is_shown(
    visit: Visit, youtube: YouTubeStandIn
) -> None:
    alice = visit()
    youtube.catalogue.change(video_id(303_000), title=HOSTILE, channel=HOSTILE, description=HOSTILE)
    list_id = alice.caller.new_list(HOSTILE)
    alice.caller.new_list(f"{HOSTILE} 2")
    alice.caller.finished(alice.caller.add(list_id, [video_id(303_000), HOSTILE])["batch"])
    video = alice.caller.videos(list_id)[0]["id"]
    page = alice.open(f"/videos/{video}/")
    page.on("dialog", lambda dialog: pytest.fail(f"something ran: {dialog.message}"))
    page.locator(".entry summary").click()
    page.get_by_label("Note", exact=True).fill(HOSTILE)
    page.get_by_label("Tags, separated by commas").fill(HOSTILE)
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_test_id("message")).to_be_visible()
    batch = alice.caller.call("GET", "/api/imports").json()
    batch_id = (batch["results"] if isinstance(batch, dict) else batch)[0]["id"]
    for path in (
        f"/lists/{list_id}/?view=table",
        f"/imports/{batch_id}/",
        "/imports/",
        f"/lists/{list_id}/?view=cards&q={HOSTILE[:20]}",
    ):
        page.goto(alice.system.url + path)
        expect(page.locator("main")).to_contain_text("<img src=x")
    page.locator("#facets").get_by_role("link", name=HOSTILE[:28]).first.click()
    expect(page.locator(".narrowings > li")).not_to_have_count(1)  # the cards have changed
    expect(page.locator(".htmx-request, .htmx-settling")).to_have_count(0)
    page.locator(".pick input").first.check(force=True)
    page.locator("#selection").get_by_role("button", name="Move", exact=True).click()
    expect(page.locator("#targets")).to_contain_text("<img src=x")
    page.locator("#targets button").first.click()
    expect(page.get_by_test_id("done-toast")).to_contain_text("<img src=x")
    drop_file(page, HOSTILE.replace("/", "") + ".json")
    expect(page.locator(".file-names")).to_contain_text("<img src=x")
    expect(page.locator("img[src=x], main script")).to_have_count(0)


def drop_file(page: Page, name: str) -> None:
    page.locator("main").evaluate(
        """(target, name) => {
            const data = new DataTransfer();
            data.items.add(new File(["[]"], name));
            const options = {bubbles: true, cancelable: true, dataTransfer: data};
            target.dispatchEvent(new DragEvent("drop", options));
        }""",
        name,
    )


@pytest.mark.slow
@pytest.mark.page
def test_lines_not_understood_are_marked_where_they_stand(visit: Visit) -> None:
    alice = visit()
    page = alice.open(f"/lists/{alice.caller.new_list()}/")
    page.keyboard.press("i")
    area = page.get_by_label("Addresses")
    area.fill(f"{video_id(304_000)}\nhttps://evil.example/watch?v=dQw4w9WgXcQ\n{video_id(304_001)}")
    expect(page.locator(".behind mark")).to_have_text("https://evil.example/watch?v=dQw4w9WgXcQ")
    box, field = page.locator(".behind").bounding_box(), area.bounding_box()
    assert box
    assert field
    assert (box["x"], box["width"]) == (field["x"], field["width"])
    page.locator("[data-line='2']").click()
    assert (
        area.evaluate("(area) => area.value.slice(area.selectionStart, area.selectionEnd)")
        == "https://evil.example/watch?v=dQw4w9WgXcQ"
    )


@pytest.mark.slow
@pytest.mark.page
def test_print_shows_videos_and_reduced_motion_is_kept(visit: Visit) -> None:
    alice = visit(reduced_motion="reduce")
    page = begin(alice, 305_000, 3)
    assert page.locator("#cards").evaluate(STILL) == []
    page.emulate_media(media="print")
    for gone in (".top", ".side", "#banner", "#toasts", ".head-acts", ".selection"):
        expect(page.locator(gone).first).to_be_hidden()
    expect(page.get_by_test_id("video-card").last).to_be_visible()


# What still takes time to change.
STILL = """(root) => [...root.querySelectorAll("*")].filter((node) => {
    const style = getComputedStyle(node);
    const durations = `${style.transitionDuration}, ${style.animationDuration}`.split(", ");
    return durations.some((one) => parseFloat(one) > 0);
}).map((node) => node.outerHTML.slice(0, 80))"""


@pytest.mark.slow
@pytest.mark.page
def test_the_side_bar_counts_anew_while_an_import_runs(
    visit: Visit, youtube: YouTubeStandIn
) -> None:
    """Every ten seconds, not with every frame: each count visits the whole list."""
    alice = visit()
    list_id = alice.caller.new_list("Counted")
    slow = youtube.faults.add(Fault("slow", delay=1))
    batch = alice.caller.add(list_id, [video_id(660_000 + n) for n in range(90)])["batch"]
    page = alice.open(f"/lists/{list_id}/")
    complete = page.locator("#facets").get_by_role("link", name="Complete")
    asked_at: list[float] = []
    for _ in range(3):
        with page.expect_request("**/facets/**", timeout=30_000):
            pass
        asked_at.append(time.monotonic())
    expect(complete).to_contain_text(re.compile(r"[1-9]"))
    expect(page.get_by_test_id("batch-banner")).to_have_attribute("data-state", "running")
    alice.caller.call("POST", f"/api/imports/{batch}/cancel")
    slow.remove()
    assert all(after - before > 8 for before, after in pairwise(asked_at[1:]))
