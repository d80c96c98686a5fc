"""Whatever can be pressed is within reach: of a thumb, on a small screen, and of the keyboard after
what had the focus is gone.
"""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.installation import wait_for
from tests.standins import Failure, Fault, YouTubeStandIn, video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]
PHONE: dict[str, Any] = {
    "has_touch": True,
    "is_mobile": True,
    "viewport": {"width": 360, "height": 780},
}
THUMB = 44  # pixels
LONG = "Vorlesungen zur Regelungstechnik und Maschinendynamik im Wintersemester"

# What can be seen and pressed, and is lower than a thumb. A field for searching fills its box,
# which is as high.
LOW = """(thumb) => [...document.querySelectorAll(
        "button, select, summary, a.button, .side a, .menu a, .pick, .search, .field input, " +
        ".brand, .crumbs a, .under:not(.description *), .link, .in-list a, .chapters a, .at")]
    .filter((node) => node.checkVisibility() && node.getBoundingClientRect().width > 1)
    .filter((node) => Math.ceil(node.getBoundingClientRect().height) < thumb)
    .filter((node) => !node.matches(".warn"))
    .map((node) => `${node.getBoundingClientRect().height} ${node.outerHTML.slice(0, 100)}`)"""
# What sticks out of the page, or of the sheet it is on.
BEYOND = """() => [...document.querySelectorAll(
        ".panel *, .sheet *, .dialog[open] *, .selection *, .head *, .toast *")].filter((node) => {
    const { left, right, width } = node.getBoundingClientRect();
    if (width <= 1 || !node.checkVisibility()) return false;
    if (node.closest(".sr, .scroll, [popover]")) return false;
    return left < 0 || right > innerWidth;
}).map((node) => node.outerHTML.slice(0, 100))"""


def fill(visitor: Visitor, youtube: YouTubeStandIn, first: int) -> int:
    """A list of eight finished videos, two of them private."""
    for n in (0, 3):
        youtube.catalogue.change(video_id(first + n), failure=Failure.PRIVATE)
    list_id = visitor.caller.new_list("Uhren")
    visitor.caller.finished(
        visitor.caller.add(list_id, [video_id(first + n) for n in range(8)])["batch"]
    )
    return list_id


def focused_card(page: Page) -> Any:
    return page.locator(".card:focus-within")


def test_the_focus_goes_to_what_comes_in_the_place_of_what_goes(
    visit: Visit, youtube: YouTubeStandIn
) -> None:
    alice = visit()
    page = alice.open(f"/lists/{fill(alice, youtube, 310_000)}/")
    cards = page.get_by_test_id("video-card")
    expect(page.get_by_test_id("summary-toast")).to_be_visible()
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    second, third = (cards.nth(n).get_attribute("id") for n in (1, 2))
    page.locator("#selection").get_by_role("button", name="Remove").press("Enter")
    expect(page.locator(f"#{second}")).to_have_count(0)
    expect(focused_card(page)).to_have_id(third or "")
    page.get_by_test_id("done-toast").get_by_role("button", name="Undo").press("Enter")
    expect(cards).to_have_count(8)
    expect(focused_card(page)).to_have_count(1)
    page.locator(".card.failed .warn").first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(cards).to_have_count(7)
    expect(focused_card(page)).to_have_count(1)
    expect(
        page.get_by_test_id("done-toast").last.get_by_role("button", name="Undo")
    ).to_be_visible()


def test_the_button_that_pauses_is_the_one_that_goes_on(
    visit: Visit, youtube: YouTubeStandIn
) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    youtube.faults.add(Fault("slow", delay=2))
    alice.caller.add(list_id, [video_id(311_000 + n) for n in range(40)])
    page = alice.open(f"/lists/{list_id}/")
    page.get_by_role("button", name="Pause").press("Enter")
    expect(page.get_by_role("button", name="Resume")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Pause")).to_be_focused()
    page.get_by_role("button", name="More for this list").press("Enter")
    page.get_by_role("link", name="Rename").press("Enter")
    expect(page.get_by_role("dialog", name="Rename list")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="More for this list")).to_be_focused()
    youtube.faults.clear()


def test_a_small_screen_holds_everything_in_german(visit: Visit, youtube: YouTubeStandIn) -> None:
    alice = visit(locale="de-DE", **PHONE)
    list_id = fill(alice, youtube, 312_000)
    alice.caller.new_list(LONG)
    batch = alice.caller.call("GET", "/api/imports").json()["results"][0]["id"]
    video = next(
        each["id"] for each in alice.caller.videos(list_id) if each["import_stage"] == "complete"
    )
    page = alice.open(f"/lists/{list_id}/")
    expect(page.get_by_test_id("summary-toast")).to_be_visible()
    assert page.evaluate(LOW, THUMB) == page.evaluate(BEYOND) == []
    for path in (
        f"/lists/{list_id}/?view=table",
        f"/videos/{video}/",
        f"/imports/{batch}/",
        "/imports/",
        "/settings/",
        "/settings/webhook/",
        f"/lists/{list_id}/follows/",
        f"/videos/{video}/transcript/upload/",
        "/import/",
        "/videos/?view=cards",
        "/search/?q=the",
    ):
        page.goto(alice.system.url + path)
        assert (path, page.evaluate(LOW, THUMB), page.evaluate(BEYOND)) == (path, [], [])
        assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.goto(f"{alice.system.url}/lists/{list_id}/?view=cards")
    page.locator(".pick").nth(1).tap()
    expect(page.locator("#selection")).to_be_visible()
    assert page.evaluate(LOW, THUMB) == page.evaluate(BEYOND) == []
    page.get_by_role("button", name="Auswahl aufheben").tap()
    page.locator(".top [data-open=import-dialog]").tap()
    page.locator("#import-text").fill(
        f"https://www.youtube.com/watch?v={video_id(312_000)}&list=PL{'x' * 32}\nhttps://vimeo.com/1"
    )
    expect(page.locator(".preview [type=radio]")).to_have_count(2)
    assert page.evaluate(LOW, THUMB) == page.evaluate(BEYOND) == []


@pytest.mark.parametrize("width", [390, 768, 1024, 1440])
def test_menus_of_a_selection_stay_on_the_screen(
    visit: Visit, youtube: YouTubeStandIn, width: int
) -> None:
    alice = visit(locale="de-DE", viewport={"width": width, "height": 800})
    list_id = fill(alice, youtube, 313_000)
    alice.caller.new_list(LONG)
    page = alice.open(f"/lists/{list_id}/")
    page.locator(".pick input").nth(1).check(force=True)
    for name in (
        "Verschieben",
        "Tag",
        "Exportieren",
        "Aktualisieren",
        re.compile("versuchen"),
        "Entfernen",
    ):
        expect(page.locator("#selection").get_by_role("button", name=name).first).to_be_in_viewport(
            ratio=1
        )
    page.locator("#selection").get_by_role("button", name="Verschieben").click()
    expect(page.locator("#targets")).to_be_in_viewport(ratio=1)


IN_THE_BOX = """(box) => {
    const cells = [...box.querySelectorAll("tbody tr:first-child > *")];
    const edge = box.getBoundingClientRect();
    return cells.filter((cell) => {
        const { left, right } = cell.getBoundingClientRect();
        return left >= edge.left - 1 && right <= edge.right + 1;
    }).map((cell) => cell.className);
}"""


def fade(box: Any) -> float:
    """Pixels of the box's right edge that fade: more is there."""
    return float(
        box.evaluate("(box) => getComputedStyle(box).getPropertyValue('--edge-fade')")[:-2]
    )


@pytest.mark.parametrize(
    ("path", "first", "last"),
    [
        ("importer/importbatch", "field-id", "field-created_at"),
        ("videos/video", "field-youtube_id", "field-error_cause"),
    ],
)
def test_wide_tables_of_the_administration_scroll(
    visit: Visit, system: System, youtube: YouTubeStandIn, path: str, first: str, last: str
) -> None:
    alice = visit(system.alice(), **PHONE)
    fill(alice, youtube, 314_000)
    page = alice.open(f"/admin/{path}/")
    box = page.locator("#changelist-form .results")
    shown = " ".join(box.evaluate(IN_THE_BOX))
    assert first in shown
    assert last not in shown
    assert fade(box) > 10
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    box.evaluate("(box) => box.scrollTo(box.scrollWidth, 0)")
    wait_for(lambda: box.evaluate("(box) => box.scrollLeft > 100"))
    shown = " ".join(box.evaluate(IN_THE_BOX))
    assert first in shown
    assert last in shown
    assert fade(box) == 0
