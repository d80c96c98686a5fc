"""Keys and the palette."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.standins import video_id

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]

FIRST = 240_000


def library(visitor: Visitor) -> Page:
    """The page of a list of four finished videos, beside an empty one."""
    clocks = visitor.caller.new_list("Clocks")
    visitor.caller.new_list("Second")
    ids = [video_id(FIRST + n) for n in range(4)]
    visitor.caller.finished(visitor.caller.add(clocks, ids)["batch"])
    return visitor.open(f"/lists/{clocks}/")


def test_keys_act_on_the_card_with_the_focus(visit: Visit) -> None:
    page = library(visit())
    page.keyboard.press("j")
    page.keyboard.press("t")
    expect(page.locator("#tag-name")).to_be_focused()
    expect(page.locator("#tag-name")).to_have_value("")
    page.keyboard.type("important")
    page.keyboard.press("Enter")
    expect(page.get_by_test_id("done-toast")).to_contain_text("1 video is tagged")
    page.keyboard.press("j")
    page.keyboard.press("#")
    expect(page.get_by_test_id("video-card")).to_have_count(3)
    page.keyboard.press("j")
    page.keyboard.press("o")
    expect(page.locator(".video h1")).to_be_visible()


def test_palette_goes_to_lists_and_searches(visit: Visit) -> None:
    alice = visit()
    page = library(alice)
    page.keyboard.press("Control+k")
    field = page.locator("#palette input")
    expect(field).to_be_focused()
    field.fill("seco")
    expect(page.locator("#palette [aria-selected=true]")).to_have_text("Second")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Second")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.keyboard.press("g")
    page.locator("#palette input").fill("nothing like it")
    expect(page.locator("#palette li")).to_have_text(["Search for “nothing like it”"])
    page.keyboard.press("Enter")
    page.wait_for_url("**/search/?q=nothing+like+it")
