"""Acting on a narrowed list, and looking at the whole library afterwards."""

import re

import pytest
from playwright.sync_api import APIResponse, Page, Route, expect

from tests.browser.conftest import Visit, Visitor
from tests.standins import video_id

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]

FIRST = 230_000
COUNT = 8


def library(visitor: Visitor) -> tuple[int, int]:
    """A list of eight finished videos and an empty one."""
    clocks, second = visitor.caller.new_list("Clocks"), visitor.caller.new_list("Second")
    ids = [video_id(FIRST + n) for n in range(COUNT)]
    visitor.caller.finished(visitor.caller.add(clocks, ids)["batch"])
    return clocks, second


def videos_of(visitor: Visitor, list_id: int) -> set[str]:
    answer = visitor.caller.call("GET", f"/api/lists/{list_id}/videos").json()
    return {video["youtube_id"] for video in answer["results"]}


def search_for_one(page: Page) -> None:
    """Narrow by the live search to the one video with this id."""
    page.get_by_label("Search in this list").fill(video_id(FIRST + 3))
    expect(page.get_by_test_id("video-card")).to_have_count(1)


def everything_shown(page: Page) -> None:
    page.locator(".pick input").first.check(force=True)
    page.get_by_role("button", name="Select all").click()


@pytest.mark.parametrize("action", ["remove", "tag", "move"])
def test_select_all_after_a_search_acts_on_what_is_shown(visit: Visit, action: str) -> None:
    alice = visit()
    clocks, second = library(alice)
    whole = videos_of(alice, clocks)
    page = alice.open(f"/lists/{clocks}/")
    search_for_one(page)
    everything_shown(page)
    expect(page.locator("#selection output")).to_have_text("All 1 selected")
    selection = page.locator("#selection")
    if action == "remove":
        selection.get_by_role("button", name="Remove", exact=True).click()
    elif action == "tag":
        selection.get_by_role("button", name="Tag", exact=True).click()
        page.get_by_role("combobox", name="Tag").fill("important")
        page.get_by_role("button", name="Add tag").click()
    else:
        selection.get_by_role("button", name="Move", exact=True).click()
        selection.get_by_role("button", name="Second").click()
    toast = page.get_by_test_id("done-toast")
    expect(toast).to_be_visible()
    one = {video_id(FIRST + 3)}
    assert videos_of(alice, clocks) == (whole if action == "tag" else whole - one)
    assert videos_of(alice, second) == (one if action == "move" else set())
    if action == "tag":
        page.goto(f"{alice.system.url}/lists/{clocks}/?tag=important")
        expect(page.get_by_test_id("video-card")).to_have_count(1)
        return
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_test_id("video-card")).to_have_count(1)
    assert videos_of(alice, clocks) == whole
    assert videos_of(alice, second) == set()


def test_enter_in_the_tag_field_tags_and_moves_nothing(visit: Visit) -> None:
    alice = visit()
    clocks, second = library(alice)
    whole = videos_of(alice, clocks)
    page = alice.open(f"/lists/{clocks}/")
    page.locator(".pick input").nth(1).check(force=True)
    page.locator("#selection").get_by_role("button", name="Tag", exact=True).click()
    expect(page.get_by_role("combobox", name="Tag")).to_be_focused()
    page.keyboard.type("important")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("done-toast")).to_contain_text("1 video is tagged")
    assert videos_of(alice, clocks) == whole
    assert videos_of(alice, second) == set()


def test_enter_on_a_tick_does_nothing(visit: Visit) -> None:
    alice = visit()
    clocks, second = library(alice)
    whole = videos_of(alice, clocks)
    page = alice.open(f"/lists/{clocks}/")
    tick = page.locator(".pick input").nth(1)
    tick.check(force=True)
    tick.press("Enter")
    page.locator("#selection").get_by_role("button", name="Move", exact=True).click()
    page.get_by_label("Keep in this list too").press("Enter")
    search_for_one(page)
    assert not [said for said in alice.watched.answers if said.startswith("POST /lists/")]
    assert videos_of(alice, clocks) == whole
    assert videos_of(alice, second) == set()


def test_search_keeps_count_filters_and_links_in_step(visit: Visit) -> None:
    alice = visit()
    clocks, _second = library(alice)
    page = alice.open(f"/lists/{clocks}/")
    expect(page.locator("#extent")).to_contain_text("8 videos")
    search_for_one(page)
    expect(page.locator("#extent")).to_contain_text("1 of 8 videos")
    complete = page.locator("#facets").get_by_role("link", name="Complete")
    query = f"q={video_id(FIRST + 3)}"
    assert query in (complete.get_attribute("href") or "")
    assert query in (page.get_by_role("link", name="As a table").get_attribute("href") or "")
    complete.click()
    expect(page.get_by_test_id("video-card")).to_have_count(1)


def test_ticks_go_when_other_videos_are_shown(visit: Visit) -> None:
    alice = visit()
    clocks, _second = library(alice)
    page = alice.open(f"/lists/{clocks}/")
    everything_shown(page)
    expect(page.locator("#selection output")).to_have_text("All 8 selected")
    page.locator(".pick input").nth(2).click(force=True)
    expect(page.locator("#selection output")).to_have_text("7 selected")
    search_for_one(page)
    expect(page.locator("#selection")).to_be_hidden()


def test_what_is_pressed_waits_for_the_ids_of_all(visit: Visit) -> None:
    """Somebody quick presses "Select all" and "Remove" before the server has answered."""
    alice = visit()
    clocks, _second = library(alice)
    page = alice.open(f"/lists/{clocks}/")
    held: list[Route] = []
    page.route("**/ids/**", lambda route: held.append(route))
    page.locator(".pick input").first.check(force=True)
    page.get_by_role("button", name="Select all").click()
    page.locator("#selection").get_by_role("button", name="Remove", exact=True).click()
    assert len(videos_of(alice, clocks)) == COUNT
    held[0].continue_()
    expect(page.get_by_test_id("done-toast")).to_contain_text(f"{COUNT} videos removed")
    assert videos_of(alice, clocks) == set()


def hold_counts(visitor: Visitor) -> list[tuple[Route, APIResponse]]:
    """Keep the first answer with the filters' counts back, as it is when it is asked for."""
    held: list[tuple[Route, APIResponse]] = []
    visitor.context.route(
        "**/facets/**", lambda route: held.append((route, route.fetch())), times=1
    )
    return held


def release(page: Page, held: list[tuple[Route, APIResponse]]) -> None:
    ((route, response),) = held
    with page.expect_event("requestfinished", lambda request: request == route.request):
        route.fulfill(response=response)


def test_counts_for_what_a_search_replaced_are_let_go(visit: Visit) -> None:
    """Their answer would find no place in the page, and htmx would complain."""
    alice = visit()
    clocks, _second = library(alice)
    held = hold_counts(alice)
    page = alice.open(f"/lists/{clocks}/")
    expect(page.get_by_test_id("video-card")).to_have_count(COUNT)
    search_for_one(page)
    expect(page.locator("#extent")).to_contain_text("1 of 8 videos")
    release(page, held)
    page.get_by_label("Search in this list").fill("")
    expect(page.locator("#extent")).to_have_text(re.compile(r"^\s*8 videos"))


def test_counts_are_asked_for_again_after_older_ones(visit: Visit) -> None:
    alice = visit()
    clocks, _second = library(alice)
    held = hold_counts(alice)
    page = alice.open(f"/lists/{clocks}/")
    page.locator(".pick input").first.check(force=True)
    page.locator("#selection").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_test_id("done-toast")).to_be_visible()
    release(page, held)
    expect(page.locator("#extent")).to_contain_text("7 videos")
