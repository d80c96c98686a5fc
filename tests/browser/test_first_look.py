"""What somebody sees who has never seen it: errors look like errors, nothing pops up by itself,
pictures that do not come leave no mark.
"""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import PICTURES, Visit, Visitor
from tests.standins import Failure, Fault, YouTubeStandIn, video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(240)]

FIRST = 640_000
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
# In the page: a colour as the browser writes it, and what an element's own is.
COLOUR_OF_BAD = """() => {
    const probe = document.createElement("i");
    probe.style.color = "var(--bad)";
    document.body.append(probe);
    const colour = getComputedStyle(probe).color;
    probe.remove();
    return colour;
}"""
# In the page: how a field's border stands out from what it is on, as WCAG 2.2 counts it.
CONTRAST_OF_EDGE = """field => {
    const paint = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const light = (colour) => {
        paint.fillStyle = colour;
        paint.fillRect(0, 0, 1, 1);
        const [red, green, blue] = [...paint.getImageData(0, 0, 1, 1).data].map((each) => {
            const part = each / 255;
            return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    };
    let behind = field.parentElement;
    const own = (node) => getComputedStyle(node).backgroundColor;
    while (behind.parentElement && own(behind) === "rgba(0, 0, 0, 0)") {
        behind = behind.parentElement;
    }
    const both = [light(getComputedStyle(field).borderTopColor), light(own(behind))];
    return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
}"""
OWN_COLOUR = "element => getComputedStyle(element).color"


@pytest.fixture
def filled(youtube: YouTubeStandIn) -> Any:
    """`filled(visitor)`: a list of six finished videos, the first of them private.

    They are known after the first test, so a test that changes them has its own, from `first`.
    """

    def fill(visitor: Visitor, first: int = FIRST) -> int:
        youtube.catalogue.change(video_id(first), failure=Failure.PRIVATE)
        list_id = visitor.caller.new_list("Clocks")
        ids = [video_id(first + number) for number in range(6)]
        visitor.caller.finished(visitor.caller.add(list_id, ids)["batch"])
        return list_id

    return fill


def is_red(mistake: Locator) -> bool:
    return bool(mistake.evaluate(OWN_COLOUR) == mistake.page.evaluate(COLOUR_OF_BAD))


def test_errors_are_red_on_every_form(visit: Visit, filled: Any) -> None:
    alice = visit()
    alice.allowed = ("422",)
    list_id = filled(alice)
    page = alice.open("/settings/")
    page.locator("[name=languages]").fill("no such language")
    page.locator("form:has([name=languages])").get_by_role("button", name="Save").click()
    expect(page.locator(".mistake")).to_be_visible()
    assert is_red(page.locator(".mistake"))
    page.goto(f"{alice.system.url}/settings/webhook/")
    page.locator("[name=address]").fill("ftp://example.org")
    page.locator("form:has([name=address])").evaluate("form => { form.noValidate = true }")
    page.locator("form:has([name=address])").get_by_role("button").first.click()
    expect(page.locator(".mistake").first).to_be_visible()
    assert is_red(page.locator(".mistake").first)
    page.goto(f"{alice.system.url}/lists/{list_id}/follows/")
    page.locator("[name=address]").fill("nothing")
    page.locator("form:has([name=address])").get_by_role("button", name="Follow").click()
    expect(page.locator(".mistake").first).to_be_visible()
    assert is_red(page.locator(".mistake").first)


def test_wrong_password_is_said_in_red(visit: Visit) -> None:
    alice = visit()
    alice.context.clear_cookies()
    page = alice.open("/accounts/login/")
    page.get_by_label("Username").fill(alice.caller.name)
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_have_text("Username or password is wrong.")
    assert is_red(page.get_by_role("alert"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_edges_of_fields_can_be_seen(visit: Visit, system: System, theme: str) -> None:
    """At least 3:1 (WCAG 1.4.11), in the administration as well."""
    alice = visit(system.alice(), color_scheme=theme)
    for path, name in (
        ("/settings/", "languages"),
        ("/settings/webhook/", "address"),
        ("/admin/importer/importbatch/bulk/", "owner"),
        ("/admin/importer/importbatch/bulk/", "text"),
        ("/admin/importer/importbatch/", "q"),
    ):
        page = alice.open(path)
        field = page.locator(f":is(main, #content) [name={name}]").first
        assert field.evaluate(CONTRAST_OF_EDGE) >= 3, path


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
def test_names_of_filters_are_not_cut(visit: Visit, filled: Any, locale: str) -> None:
    alice = visit(locale=locale)
    page = alice.open(f"/lists/{filled(alice)}/")
    names = page.locator("#facets li span:first-child")
    expect(names.first).to_be_visible()
    cut = "spans => spans.filter(({ scrollWidth: wide, clientWidth: room }) => wide > room).length"
    assert names.evaluate_all(cut) == 0


def test_search_fields_have_one_ring(visit: Visit, filled: Any) -> None:
    alice = visit()
    list_id = filled(alice)
    page = alice.open(f"/lists/{list_id}/")
    ring = "element => getComputedStyle(element).outlineStyle"
    page.keyboard.press("/")
    field = page.locator(".search input")
    expect(field).to_be_focused()
    assert field.evaluate(ring) == "none"
    assert page.locator(".search").first.evaluate(ring) != "none"
    page.locator(".card[data-stage=complete] h3 a").first.click()
    inside = page.locator("main input[type=search]")
    inside.focus()
    assert inside.evaluate(ring) == "none"


def test_short_gap_of_the_network_is_over(visit: Visit) -> None:
    alice = visit()
    page = alice.open("/imports/")
    connection = page.get_by_test_id("connection")
    expect(connection).to_have_attribute("data-state", "live")
    alice.context.set_offline(True)
    expect(connection).to_have_attribute("data-state", "offline")
    alice.context.set_offline(False)
    expect(connection).to_have_attribute("data-state", "live")


def test_missing_connection_is_said_in_red(visit: Visit, filled: Any) -> None:
    alice = visit()
    alice.allowed = ("ERR_INTERNET_DISCONNECTED", "htmx:")
    page = alice.open(f"/lists/{filled(alice)}/")
    alice.context.set_offline(True)
    page.locator(".pick input").first.check(force=True)
    page.locator("#selection").get_by_role("button", name="Remove").click()
    toast = page.locator("#unreachable")
    expect(toast).to_contain_text("No connection.")
    assert is_red(toast.locator("> .icon"))


def test_trying_again_says_what_it_does(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice, FIRST + 200)}/")
    page.locator(".card:not(.failed) .pick input").first.check(force=True)
    again = page.locator("#selection").get_by_role("button", name="Try again")
    again.click()
    expect(page.get_by_test_id("done-toast").last).to_contain_text("no chosen video failed")
    page.locator(".card.failed .pick input").check(force=True)
    again.click()
    expect(page.get_by_test_id("done-toast").last).to_contain_text("1 video is tried again.")


def test_what_was_done_closes_by_itself(visit: Visit, filled: Any) -> None:
    alice = visit()
    list_id = filled(alice)
    page = alice.open("/imports/")
    page.clock.install()
    page.goto(f"{alice.system.url}/lists/{list_id}/")
    page.locator(".pick input").first.check(force=True)
    page.locator("#selection").get_by_role("button", name="Remove").click()
    toast = page.get_by_test_id("done-toast")
    expect(toast).to_be_visible()
    page.mouse.move(5, 5)
    page.locator("h1").click()
    page.clock.fast_forward(30_000)
    expect(toast).to_be_hidden()


@pytest.mark.parametrize(("screen", "most"), [({}, 3), (PHONE, 2)], ids=["desk", "phone"])
def test_many_summaries_come_after_each_other(visit: Visit, screen: Any, most: int) -> None:
    alice = visit(**screen)
    import_often(alice, 5)
    page = alice.open("/imports/")
    every = page.get_by_test_id("summary-toast")
    expect(every).to_have_count(5)  # the last one hides an older one when it comes
    shown = every.locator("visible=true")
    expect(shown).to_have_count(most)
    for left in (*[most] * (5 - most), most - 1):
        newest = page.locator(f"#{shown.last.get_attribute('id')}")
        newest.get_by_role("button", name="Close").click()
        expect(newest).to_be_hidden()  # or the same one would be the last of as many
        expect(shown).to_have_count(left)


def test_summaries_cover_no_button_without_scripts(visit: Visit) -> None:
    alice = visit(java_script_enabled=False, **PHONE)
    alice.allowed = ("422",)
    import_often(alice, 3)
    page = alice.open("/import/")
    expect(page.get_by_test_id("summary-toast").last).to_be_visible()
    page.locator("main").get_by_role("button", name="Preview").click()
    expect(page.locator("main")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0


def test_summaries_leave_what_was_just_done_in_sight(visit: Visit) -> None:
    alice = visit(java_script_enabled=False, **PHONE)
    import_often(alice, 3)
    page = alice.open("/lists/new/")
    page.locator("main [name=name]").fill("Clocks 0")
    page.locator("main").get_by_role("button", name="Create").click()
    expect(page.get_by_test_id("message")).to_contain_text("You have another list named")


def import_often(visitor: Visitor, times: int) -> None:
    for number in range(times):
        list_id = visitor.caller.new_list(f"Clocks {number}")
        ids = [video_id(FIRST + 500 + number)]
        visitor.caller.finished(visitor.caller.add(list_id, ids)["batch"])


def test_pictures_that_do_not_come_leave_no_mark(visit: Visit, youtube: YouTubeStandIn) -> None:
    """Also where a card changes after its picture has failed."""
    alice = visit()
    alice.allowed = ("Failed to load resource",)
    alice.context.route(PICTURES, lambda route: route.abort())
    list_id = alice.caller.new_list("Clocks")
    page = alice.open(f"/lists/{list_id}/")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    slow = youtube.faults.add(Fault("slow", delay=1))
    alice.caller.add(list_id, [video_id(FIRST + 100 + number) for number in range(4)])
    expect(page.locator("img.thumb.missing")).to_have_count(4)
    expect(page.locator(".card[data-stage=complete]")).to_have_count(4, timeout=60_000)
    expect(page.locator("img.thumb.missing")).to_have_count(4)
    slow.remove()


def test_rows_open_nothing_under_a_passing_mouse(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/?view=table")
    tip = page.get_by_test_id("error-tooltip")
    page.locator(".card.failed h3").hover()
    page.locator(".card.failed .added").hover()
    expect(tip).to_be_hidden()
    page.locator(".card.failed .warn").hover()
    expect(tip).to_be_visible()
    page.locator(".card.failed h3").hover()
    expect(tip).to_be_hidden()


def test_columns_sort_both_ways(visit: Visit, filled: Any) -> None:
    alice = visit()
    page = alice.open(f"/lists/{filled(alice)}/?view=table")
    head = page.get_by_role("columnheader", name="Title")
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "ascending")
    first = titles(page)
    head.get_by_role("link").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    assert titles(page) == first[::-1]


def titles(page: Page) -> list[str]:
    return [text.strip() for text in page.locator(".card h3").all_text_contents()]


def test_failed_cards_show_title_and_cause(visit: Visit, filled: Any) -> None:
    """Two lines for the title as on every card, the cause in the line below, on a phone as well;
    the table of a phone shows the cause, too.
    """
    alice = visit(**PHONE)
    page = alice.open(f"/lists/{filled(alice)}/?view=cards")
    card = page.locator(".card.failed")
    other = page.locator(".card:not(.failed)").first
    expect(card.locator(".meta")).to_have_text("Private")
    height = "element => element.getBoundingClientRect().height"
    for part in (".words", ".meta"):
        assert card.locator(part).evaluate(height) == other.locator(part).evaluate(height)
    page.goto(f"{page.url.split('?')[0]}?view=table")
    expect(page.locator(".card.failed .meta")).to_be_visible()
    expect(page.locator(".card.failed .meta")).to_have_text("This video is private.")


def test_channels_stand_right_below_short_titles(visit: Visit, youtube: YouTubeStandIn) -> None:
    """The room that a second line of the title would take is below the channel."""
    titles = ("Clock", "Clocks of every kind and age, taken apart and put together again")
    first = FIRST + 400
    for number, title in enumerate(titles):
        youtube.catalogue.change(video_id(first + number), title=title)
    alice = visit()
    list_id = alice.caller.new_list("Clocks")
    ids = [video_id(first + number) for number in range(len(titles))]
    alice.caller.finished(alice.caller.add(list_id, ids)["batch"])
    page = alice.open(f"/lists/{list_id}/?view=cards")
    expect(page.get_by_test_id("video-card")).to_have_count(2)
    gaps, heights = set(), set()
    for title in titles:
        card = page.locator(".card", has=page.get_by_title(title, exact=True))
        lines, channel = card.locator("h3").bounding_box(), card.locator(".meta").bounding_box()
        assert lines is not None
        assert channel is not None
        gaps.add(channel["y"] - lines["y"] - lines["height"])
        heights.add(
            card.locator(".words").evaluate("words => words.getBoundingClientRect().height")
        )
    assert len(gaps) == len(heights) == 1


@pytest.mark.parametrize("locale", ["de-DE", "en-GB"])
def test_selection_leaves_room_on_a_phone(visit: Visit, filled: Any, locale: str) -> None:
    alice = visit(locale=locale, **PHONE)
    page = alice.open(f"/lists/{filled(alice)}/")
    page.locator(".pick input").nth(1).check(force=True)
    bar = page.locator("#selection")
    expect(bar).to_be_visible()
    box = bar.bounding_box()
    assert box is not None
    # Three lines of 44 px, as high as what a finger presses has to be.
    assert box["height"] < PHONE["viewport"]["height"] / 5
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    remove = bar.locator("[data-selection-key='#']")
    remove.tap()
    expect(page.get_by_test_id("video-card")).to_have_count(5)


def test_no_script_leaves_no_mark_of_missing_pictures(visit: Visit, filled: Any) -> None:
    alice = visit(java_script_enabled=False)
    alice.context.route(PICTURES, lambda route: route.abort())
    alice.allowed = ("Failed to load resource",)
    page = alice.open(f"/lists/{filled(alice, FIRST + 300)}/")
    picture = page.locator("img.thumb").first
    behind = "image => getComputedStyle(image, '::after').backgroundImage"
    assert "gears.svg" in picture.evaluate(behind)
    page.locator(".card[data-stage=complete] h3 a").first.click()
    assert "gears.svg" in page.locator(".player .thumb").evaluate(behind)
    page.go_back()
    page.get_by_role("link", name="Show counts").click()
    expect(page.locator("#facets")).to_contain_text("Not imported 1")
    expect(page.locator("#extent")).to_contain_text("6 videos")
    page.locator("#facets").get_by_role("link", name="Not imported").click()
    expect(page.locator("#extent")).to_contain_text("1 of 6 videos")
    page.goto(f"{alice.system.url}/videos/")
    page.get_by_role("link", name="Show counts and what could not be imported").click()
    page.get_by_text("What could not be imported").click()
    page.get_by_role("button", name="Try 1 video again").click()
    expect(page.get_by_text("1 video is tried again.")).to_be_visible()


def test_no_script_keeps_rows_free_of_missing_pictures(visit: Visit, filled: Any) -> None:
    """What stands for a picture is as wide as one in the table, too, and covers no words."""
    alice = visit(java_script_enabled=False)
    alice.context.route(PICTURES, lambda route: route.abort())
    alice.allowed = ("Failed to load resource",)
    page = alice.open(f"/lists/{filled(alice)}/?view=table")
    width = "image => parseFloat(getComputedStyle(image, '::after').width)"
    for picture in page.locator("img.thumb").all():
        assert picture.evaluate(width) < 60
