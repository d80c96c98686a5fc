"""A list in use: by mouse, by keyboard, by touch, with a screen reader's eyes, in German, and
without JavaScript.
"""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PICTURES, Visit, Visitor
from tests.standins import Failure, YouTubeStandIn, video_id

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]


@pytest.fixture
def filled(youtube: YouTubeStandIn) -> Any:
    """`filled(visitor)`: a list of eight finished videos, the first of them private.

    They are known after the first test.
    """

    def fill(visitor: Visitor, first: int = 200_000) -> int:
        youtube.catalogue.change(video_id(first), failure=Failure.PRIVATE)
        list_id = visitor.caller.new_list("Clocks")
        batch = visitor.caller.add(list_id, [video_id(first + n) for n in range(8)])["batch"]
        visitor.caller.finished(batch)
        return list_id

    return fill


FOLLOWED = "https://www.youtube.com/playlist?list=PLzH6n4zXuckquVnQ0KlMDxyT5YE-sA8Ps"
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1280, "height": 900}
# In the page: an answer of htmx has found its place.
SOMETHING_CAME = """() => {
    document.body.dispatchEvent(new CustomEvent("htmx:afterProcessNode", {bubbles: true}));
    return new Promise((go) => setTimeout(go, 10));
}"""


def box(locator: Locator) -> Any:
    """Where it is, once it has stopped moving."""
    locator.evaluate("(node) => Promise.all(node.getAnimations().map((each) => each.finished))")
    return locator.bounding_box()


def overlap(one: Locator, other: Locator) -> bool:
    """Whether one covers some of the other, by more than a border."""
    a, b = box(one), box(other)
    across = min(a["x"] + a["width"], b["x"] + b["width"]) - max(a["x"], b["x"])
    down = min(a["y"] + a["height"], b["y"] + b["height"]) - max(a["y"], b["y"])
    return bool(min(across, down) > 1)


def cards(page: Page) -> Any:
    return page.get_by_test_id("video-card")


def test_a_failed_card_says_why_on_hover_and_focus(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/")
    tip = page.get_by_test_id("error-tooltip")
    page.locator(".card.failed").hover()
    expect(tip).to_be_visible()
    expect(tip).to_contain_text("This video is private.")
    page.locator("h1").hover()
    expect(tip).to_be_hidden()
    page.keyboard.press("j")
    expect(tip).to_be_visible()
    page.keyboard.press("Escape")
    expect(tip).to_be_hidden()


def test_a_failed_card_says_why_on_touch_and_can_be_tried_again(
    visit: Visit, filled: Any, youtube: YouTubeStandIn
) -> None:
    alice = visit(has_touch=True, is_mobile=True, viewport={"width": 390, "height": 844})
    page = alice.open(f"/lists/{filled(alice, 201_000)}/")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    tip = page.get_by_test_id("error-tooltip")
    youtube.catalogue.change(video_id(201_000), failure=None)
    page.locator(".warn").tap()
    expect(tip).to_be_visible()
    assert not overlap(tip, page.locator(".card.failed"))
    tip.get_by_role("button", name="Try again").tap()
    expect(page.locator(".card.failed")).to_have_count(0)
    expect(page.locator(".card[data-stage=complete]")).to_have_count(8)
    assert alice.watched.visits == []


def test_rows_begin_with_what_can_be_chosen_or_the_picture(visit: Visit, filled: Any) -> None:
    """No video of all lists can be chosen: there is no empty column in the place of ticks."""
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/?view=table")
    row = page.locator(".table .card").last
    tick_left = box(row.locator(".pick"))["x"]
    page.goto(f"{alice.system.url}/videos/?view=table")
    expect(page.get_by_role("columnheader", name="Selection")).to_have_count(0)
    assert box(row.locator("figure"))["x"] == tick_left
    title_left = box(row.locator("h3"))["x"]
    assert box(page.get_by_role("columnheader", name="Title"))["x"] == title_left


def test_a_failed_video_of_two_lists_has_two_cards(
    visit: Visit, filled: Any, youtube: YouTubeStandIn
) -> None:
    """Each says why, and is removed and brought back by itself; both follow the video."""
    alice = visit()
    filled(alice, 207_000)
    filled(alice, 207_000)
    page = alice.open("/videos/")
    failed = page.locator(".card.failed")
    expect(failed).to_have_count(2)
    failed.last.locator(".warn").click()
    expect(failed.last.get_by_test_id("error-tooltip")).to_be_visible()
    expect(failed.first.get_by_test_id("error-tooltip")).to_be_hidden()
    there = failed.last.get_attribute("id") or ""
    failed.last.get_by_role("button", name="Remove").click()
    expect(failed).to_have_count(1)
    expect(page.locator(f"#{there}")).to_have_count(0)
    page.get_by_test_id("done-toast").get_by_role("button", name="Undo").click()
    expect(failed).to_have_count(2)
    youtube.catalogue.change(video_id(207_000), failure=None)
    failed.last.locator(".warn").click()
    failed.last.get_by_role("button", name="Try again").click()
    expect(page.locator(".card[data-stage=complete]")).to_have_count(16)


def test_a_list_can_be_worked_with_the_keyboard_alone(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/")
    keys = page.keyboard
    keys.press("?")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    keys.press("Escape")
    page.evaluate(SOMETHING_CAME)
    assert page.evaluate("document.activeElement === document.body"), (
        "who has closed a dialog is where they were"
    )
    keys.press("j")
    keys.press("j")
    expect(cards(page).nth(1).locator("a")).to_be_focused()
    keys.press("k")
    keys.press("j")
    keys.press("x")
    expect(page.locator("#selection output")).to_have_text("One selected")
    expect(cards(page).nth(1).locator("a")).to_be_focused()
    keys.press("Escape")
    expect(page.locator("#selection")).to_be_hidden()
    keys.press("/")
    keys.type("no such title")
    expect(page.get_by_test_id("nothing-found")).to_be_visible()
    keys.press("Escape")
    keys.press("i")
    expect(page.get_by_label("Addresses")).to_be_focused()
    keys.type(f"youtu.be/{video_id(202_500)}")
    keys.press("Control+Enter")
    expect(page.get_by_test_id("import-dialog")).to_be_hidden()


def test_a_picture_that_cannot_be_had_leaves_a_designed_place(visit: Visit, filled: Any) -> None:
    alice = visit()
    alice.allowed = ("Failed to load resource",)
    alice.context.route(PICTURES, lambda route: route.abort())
    page = alice.open(f"/lists/{filled(alice)}/")
    expect(page.locator("img.thumb.missing")).to_have_count(8)
    expect(page.locator("img.thumb").first).to_be_hidden()


def test_what_was_removed_comes_back(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/")
    boxes = page.locator(".pick input")
    boxes.nth(1).check(force=True)
    boxes.nth(4).click(force=True, modifiers=["Shift"])
    expect(page.locator("#selection output")).to_have_text("4 selected")
    page.locator("#selection").get_by_role("button", name="Remove").click()
    expect(cards(page)).to_have_count(4)
    expect(page.locator("#extent")).to_contain_text("4 videos")
    page.get_by_test_id("done-toast").get_by_role("button", name="Undo").click()
    expect(cards(page)).to_have_count(8)
    assert alice.watched.visits == []


# In the page: whether what is seen is folded when something else on it has changed.
SWAPPED = """() => {
    document.body.dispatchEvent(new CustomEvent("htmx:afterSwap", {bubbles: true, detail: {}}));
    return document.querySelector(".page").hidden;
}"""


def test_scrolling_brings_pages_and_folds_those_far_above(visit: Visit) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    batch = alice.caller.add(list_id, [video_id(208_000 + n) for n in range(430)])["batch"]
    alice.caller.call("POST", f"/api/imports/{batch}/pause")
    page = alice.open(f"/lists/{list_id}/")
    expect(cards(page)).to_have_count(60)
    for shown in (60, 120, 180, 240, 300, 360, 420):
        cards(page).nth(shown - 1).scroll_into_view_if_needed()
        expect(cards(page).nth(shown)).to_be_attached()
    expect(cards(page)).to_have_count(430)
    expect(page.locator("#more")).to_have_count(0)
    expect(page.locator(".page").first).to_have_attribute("hidden", "until-found")
    expect(page.locator(".page").last).not_to_have_attribute("hidden", "until-found")
    height = "document.documentElement.scrollHeight"
    before = page.evaluate(height)
    page.evaluate("scrollTo(0, 0)")
    expect(page.locator(".page").first).not_to_have_attribute("hidden")
    expect(cards(page).first).to_be_visible()
    assert page.evaluate(SWAPPED) is False
    assert abs(page.evaluate(height) - before) < 20  # pixels


def test_the_player_comes_on_click_and_transcripts_search(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/")
    page.locator(".card:not(.failed):not(:has([data-testid=no-captions])) h3 a").first.click()
    expect(page.locator("iframe")).to_have_count(0)
    words = page.locator("#transcript [data-t]").first
    expect(words).to_be_visible()
    text = words.inner_text().split()[0]
    page.get_by_label("Search in the transcript").fill(text)
    expect(page.locator(".transcript-search output")).to_contain_text("1 /")
    words.click()
    expect(page.locator("iframe")).to_have_attribute(
        "src", re.compile(r"^https://www\.youtube-nocookie\.com/embed/")
    )
    expect(page.locator("#transcript .now")).to_have_count(1)


def test_everything_is_said_in_german_to_a_german_browser(visit: Visit, filled: Any) -> None:
    alice = visit(locale="de-DE")
    page = alice.open(f"/lists/{filled(alice)}/")
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#extent")).to_contain_text("8 Videos")
    page.locator(".card.failed").hover()
    expect(page.get_by_test_id("error-tooltip")).to_contain_text("Dieses Video ist privat.")
    page.get_by_role("button", name="Dein Konto").click()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def test_it_works_without_javascript(visit: Visit, filled: Any) -> None:
    alice = visit(java_script_enabled=False)
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    page.locator(".top").get_by_role("link", name="Import").click()
    page.get_by_label("Addresses").fill("\n".join(video_id(207_000 + n) for n in range(70)))
    page.locator("main").get_by_role("button", name="Import").click()
    expect(cards(page)).to_have_count(60)
    page.get_by_role("link", name="More videos").click()
    expect(cards(page)).to_have_count(10)
    page.get_by_role("link", name="Not imported").click()
    expect(page.get_by_test_id("nothing-found")).to_be_visible()
    page.get_by_role("link", name="Show whole list").click()
    page.locator(".pick input").first.check(force=True)
    page.locator("#selection").get_by_role("button", name="Remove", exact=True).click()
    expect(page.get_by_text("1 video removed.")).to_be_visible()


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_axe_finds_nothing(visit: Visit, filled: Any, viewport: Any) -> None:
    alice = visit(reduced_motion="reduce", viewport=viewport)
    list_id = filled(alice)
    alice.caller.call("POST", f"/api/lists/{list_id}/follows", json={"url": FOLLOWED})
    page = alice.open(f"/lists/{list_id}/")
    video = page.locator(".card:not(.failed) h3 a").first.get_attribute("href")
    batch_id = alice.caller.call("GET", "/api/imports").json()["results"][0]["id"]
    paths = (
        f"/lists/{list_id}/",
        f"/lists/{list_id}/?view=table",
        f"/lists/{list_id}/?stage=importing",
        f"/lists/{list_id}/import/",
        f"/lists/{list_id}/delete/",
        f"/lists/{list_id}/follows/",
        "/lists/new/",
        f"{video}",
        f"{video}transcript/",
        f"{video}transcript/upload/",
        "/imports/",
        f"/imports/{batch_id}/",
        "/import/from-anywhere/",
        "/settings/",
        "/settings/two-factor/",
        "/settings/webhook/",
        "/videos/",
        "/tags/",
        "/changes/",
        "/follows/",
        f"/lists/{list_id}/share/",
        "/accounts/password_change/",
        "/nowhere/",
    )
    alice.allowed = ("404",)
    found = {path: violations(page, alice.system.url + path) for path in paths}
    page.goto(f"{alice.system.url}/lists/{list_id}/?view=cards")
    page.locator(".pick input").first.check(force=True)
    found["selection"] = violations(page)
    page.keyboard.press("i")
    expect(page.get_by_label("Addresses")).to_be_focused()
    page.keyboard.type(
        f"https://www.youtube.com/watch?v={video_id(1)}&list=PL{'x' * 32} https://vimeo.com/1"
    )
    expect(page.locator(".preview [type=radio]")).to_have_count(2)
    found["dialog"] = violations(page)
    page.goto(
        "about:blank"
    )  # a page that is open hears that its session ended, and goes to the login by itself
    alice.context.clear_cookies()
    found["login"] = violations(page, alice.system.url + "/accounts/login/")
    assert {path: said for path, said in found.items() if said} == {}


COLOURS = {"runOnly": ["color-contrast", "link-in-text-block"]}


def violations(page: Page, url: str = "") -> list[str]:
    """What axe finds in the light theme, and in the dark one by the rules that look at colours."""
    if url:
        page.goto(url)
    axe = Axe()
    page.emulate_media(color_scheme="light")
    found = axe.run(page).response["violations"]
    page.emulate_media(color_scheme="dark")
    found += axe.run(page, options=COLOURS).response["violations"]
    return [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]


def test_select_all_after_a_live_search_acts_on_the_found(visit: Visit, filled: Any) -> None:
    alice = visit()
    list_id = filled(alice)
    page = alice.open(f"/lists/{list_id}/")
    title = cards(page).nth(2).locator("h3").inner_text()
    page.get_by_role("searchbox").fill(title)
    expect(cards(page)).to_have_count(1)
    expect(page.locator("#extent")).to_contain_text("1 of 8 videos")
    page.locator(".pick input").check(force=True)
    selection = page.locator("#selection")
    selection.get_by_role("button", name="Select all").click()
    expect(selection.locator("output")).to_have_text("All 1 selected")

    selection.get_by_role("button", name="Remove").click()

    expect(page.get_by_test_id("done-toast")).to_contain_text("1 video removed")
    left = alice.caller.call("GET", f"/api/lists/{list_id}/videos").json()["results"]
    assert len(left) == 7
    assert title not in [video["title"] for video in left]


def test_other_results_end_a_selection_of_all(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/")
    page.locator(".pick input").first.check(force=True)
    selection = page.locator("#selection")
    selection.get_by_role("button", name="Select all").click()
    expect(selection.locator("output")).to_have_text("All 8 selected")

    page.get_by_role("searchbox").fill("no such title")

    expect(page.get_by_test_id("nothing-found")).to_be_visible()
    expect(selection).to_be_hidden()
