"""The search in use: typing, moments, the video page at a second, quotes, saved searches."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit, Visitor
from tests.browser.test_lists import violations
from tests.standins import CaptionSpec, Cue, YouTubeStandIn, video_id

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]

FIRST = 260_000
SPOKEN = (
    (10.0, "Here a kolibri sits in the"),
    (14.0, "end of the branch"),
    (300.5, "A second kolibri comes"),
    (400.0, "and a third kolibri"),
    (500.0, "then one more kolibri"),
    (600.0, "and the last kolibri"),
)
Library = Callable[[Visitor], int]


@pytest.fixture
def library(youtube: YouTubeStandIn) -> Library:
    """`library(visitor)`: a list of four videos, in two of which somebody speaks of a kolibri."""
    cues = tuple(Cue(start, 3.0, text) for start, text in SPOKEN)
    for number in range(4):
        captions: tuple[CaptionSpec, ...] = ()
        if number < 2:
            captions = (CaptionSpec("en", cues=cues),)
        youtube.catalogue.change(
            video_id(FIRST + number),
            title=f"Bird {number}",
            channel="Bird watcher",
            duration=700,
            description="",
            captions=captions,
        )

    def fill(visitor: Visitor) -> int:
        list_id = visitor.caller.new_list("Birds")
        ids = [video_id(FIRST + number) for number in range(4)]
        visitor.caller.finished(visitor.caller.add(list_id, ids)["batch"])
        return list_id

    return fill


def results(page: Page) -> Any:
    return page.get_by_test_id("search-result")


def type_into_box(page: Page, words: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(words)


def test_results_come_while_typing_on_any_page(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open("/imports/")
    type_into_box(page, "kolibri")
    expect(results(page)).to_have_count(2)
    expect(results(page).first.get_by_test_id("moment")).to_have_count(1)
    assert alice.watched.visits == []
    page.keyboard.press("Enter")
    expect(page.locator("#extent")).to_have_text("2 videos")
    expect(results(page).first.get_by_test_id("moment")).to_have_count(3)
    expect(page).to_have_url(re.compile(r"/search/\?q=kolibri$"))


def test_a_list_is_searched_in_its_place(visit: Visit, library: Library) -> None:
    alice = visit()
    list_id = library(alice)
    page = alice.open(f"/lists/{list_id}/")
    expect(page.get_by_test_id("video-card")).to_have_count(4)
    page.evaluate("window.stayed = true")
    type_into_box(page, "kolibri")
    expect(results(page)).to_have_count(2)
    expect(page.get_by_test_id("video-card")).to_have_count(2)
    expect(page).to_have_url(re.compile(rf"/search/\?q=kolibri&list={list_id}$"))
    page.get_by_label("Where to search").select_option("All lists")
    expect(page).to_have_url(re.compile(r"/search/\?q=kolibri$"))
    page.get_by_label("Search in this list").fill("")
    expect(results(page)).to_have_count(0)
    expect(page.get_by_test_id("video-card")).to_have_count(4)
    expect(page).to_have_url(re.compile(rf"/lists/{list_id}/$"))
    assert page.evaluate("window.stayed") is True


def test_older_answers_never_overtake_newer_ones(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open("/search/")
    held: list[Route] = []
    page.route(re.compile(r"/search/\?q=bird$"), lambda route: held.append(route))
    box = page.get_by_role("searchbox")
    box.press_sequentially("bird")
    expect(page.locator(".search input.htmx-request")).to_be_visible()
    box.press_sequentially(" 3")
    for route in held:
        route.continue_()
    expect(page).to_have_url(re.compile(r"q=bird\+3$"))
    expect(results(page)).to_have_count(1)
    page.wait_for_load_state("networkidle")
    expect(results(page)).to_have_count(1)
    assert held


def test_a_moment_opens_the_video_at_its_second(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open("/search/?q=kolibri")
    result = results(page).first
    expect(result.get_by_text("2 more in this video")).to_be_visible()
    moment = result.locator("[data-testid=moment]").nth(1)
    second = int(float(moment.get_attribute("data-start") or ""))
    moment.click()
    player = page.locator("#player iframe")
    expect(player).to_have_attribute("src", re.compile(rf"[?&]start={second}(&|$)"))
    marks = page.locator("#transcript mark")
    expect(marks).to_have_count(5)
    place = page.locator(".transcript-search output")
    expect(place).to_have_text("2 / 5")
    page.get_by_role("button", name="Next hit").click()
    expect(place).to_have_text("3 / 5")
    page.get_by_role("button", name="Previous hit").click()
    page.get_by_role("button", name="Previous hit").click()
    expect(place).to_have_text("1 / 5")
    expect(page.locator("#transcript mark.here")).to_be_visible()


def test_a_phrase_over_two_cues_is_one_hit(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open('/search/?q="in the end"')
    results(page).first.get_by_test_id("moment").first.click()
    expect(page.locator(".transcript-search output")).to_have_text("1 / 1")
    parts = page.locator("#transcript mark.here")
    expect(parts).to_have_count(2)
    assert "".join(parts.all_inner_texts()).split() == ["in", "theend"]


def test_the_transcript_can_be_searched_on_its_page(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open("/search/?q=kolibri")
    results(page).first.get_by_text("2 more in this video").click()
    expect(page.locator("#transcript mark")).to_have_count(5)
    expect(page.locator("#player iframe")).to_have_count(0)
    page.keyboard.press("f")
    page.keyboard.type("Branch")
    expect(page.locator("#transcript mark.here")).to_have_text("branch")
    page.keyboard.press("Escape")
    page.get_by_label("Search in the transcript").fill("")
    expect(page.locator("#transcript mark")).to_have_count(0)
    expect(page.locator(".transcript-search output")).to_have_text("")


def test_a_moment_is_copied_as_a_quote(visit: Visit, library: Library) -> None:
    alice = visit(permissions=["clipboard-read", "clipboard-write"])
    library(alice)
    page = alice.open("/search/?q=kolibri")
    page.get_by_role("link", name="Copy as a quote, at 5:00").first.click()
    dialog = page.get_by_role("dialog", name="Copy as a quote")
    dialog.get_by_role("button", name="Copy").nth(2).click()
    expect(dialog.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "“A second kolibri comes" in copied
    assert re.search(r"\(Bird watcher, \d{4}, 5:00\)", copied)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_saved_search_stands_in_the_side_bar(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open("/search/?q=kolibri")
    page.get_by_role("button", name="Save search").click()
    saved = page.locator("#saved-searches a")
    expect(saved).to_have_text(re.compile(r"kolibri\s*2"))
    expect(saved).to_have_attribute("aria-current", "page")
    page.goto(f"{alice.system.url}/imports/")
    expect(saved).to_have_text(re.compile(r"kolibri\s*2"))
    saved.click()
    expect(results(page)).to_have_count(2)
    page.get_by_role("button", name="Saved").click()
    expect(saved).to_have_count(0)


def test_found_videos_are_tagged_and_that_is_undone(visit: Visit, library: Library) -> None:
    alice = visit()
    library(alice)
    page = alice.open("/search/?q=kolibri")
    page.locator(".pick input").first.check(force=True)
    selection = page.locator("#selection")
    selection.get_by_role("button", name="Select all").click()
    expect(selection.locator("output")).to_have_text("All 2 selected")
    selection.get_by_role("button", name="Tag", exact=True).click()
    page.get_by_role("combobox", name="Tag").fill("small")
    page.get_by_role("button", name="Add tag").click()
    toast = page.get_by_test_id("done-toast")
    expect(toast).to_contain_text("2 videos are tagged “small”.")
    toast.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("Undone.")).to_be_visible()
    expect(results(page)).to_have_count(2)


def test_nothing_found_names_the_word_and_offers_more(visit: Visit, library: Library) -> None:
    alice = visit()
    list_id = library(alice)
    page = alice.open(f"/search/?q=kolibri+qwxyz&list={list_id}")
    nothing = page.get_by_test_id("nothing-found")
    expect(nothing).to_contain_text("“qwxyz” is found nowhere.")
    nothing.get_by_role("link", name="Only “kolibri”").click()
    expect(results(page)).to_have_count(2)


def test_the_search_works_without_javascript(visit: Visit, library: Library) -> None:
    alice = visit(java_script_enabled=False)
    library(alice)
    page = alice.open("/imports/")
    page.get_by_role("searchbox").fill("kolibri")
    page.get_by_role("searchbox").press("Enter")
    expect(results(page)).to_have_count(2)
    page.get_by_role("link", name="As a table").click()
    expect(page.locator(".table .found")).to_have_count(2)
    page.get_by_role("button", name="Save search").click()
    expect(page.get_by_text("Search saved.")).to_be_visible()
    page.get_by_role("link", name=re.compile("Copy as a quote")).first.click()
    expect(page.get_by_text("@misc{")).to_be_visible()


def test_axe_finds_nothing_in_the_search(visit: Visit, library: Library) -> None:
    alice = visit(reduced_motion="reduce")
    alice.allowed = ("postMessage",)  # of axe to the player's frame
    list_id = library(alice)
    paths = (
        "/search/",
        "/search/?q=kolibri",
        "/search/?q=kolibri&view=table",
        f"/search/?q=nowhere&list={list_id}&stage=complete",
    )
    page = alice.open("/search/?q=kolibri&view=cards")
    moment = page.get_by_test_id("moment").first.get_attribute("href")
    found = {path: violations(page, alice.system.url + path) for path in (*paths, f"{moment}")}
    page.goto(f"{alice.system.url}/imports/")
    type_into_box(page, "kolibri")
    expect(results(page)).to_have_count(2)
    found["panel"] = violations(page)
    page.goto(f"{alice.system.url}/search/?q=kolibri&view=cards")
    page.get_by_role("link", name=re.compile("Copy as a quote")).first.click()
    expect(page.get_by_role("dialog", name="Copy as a quote")).to_be_visible()
    found["quote"] = violations(page)
    assert {path: said for path, said in found.items() if said} == {}


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
def test_the_search_fits_a_phone(visit: Visit, library: Library, locale: str) -> None:
    alice = visit(viewport={"width": 390, "height": 844}, has_touch=True, locale=locale)
    list_id = library(alice)
    page = alice.open("/search/?q=kolibri")
    too_wide = "document.documentElement.scrollWidth > innerWidth"
    for path in ("/search/", "/search/?q=kolibri&view=table", "/search/?q=kolibri&view=cards"):
        page.goto(alice.system.url + path)
        assert page.evaluate(too_wide) is False, path
    page.get_by_test_id("moment").first.tap()
    expect(page.locator("#transcript mark.here")).to_be_visible()
    assert page.evaluate(too_wide) is False
    page.goto(f"{alice.system.url}/lists/{list_id}/")
    assert page.evaluate(too_wide) is False
