"""What people come for, done from the beginning by hand, on a desk and on a phone.

With TASKS_TABLE=FILE each task adds a line to that file: its name, the screen, steps (clicks,
fields and keys) and seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, expect

from importer.tests.takeout import takeout_zip
from tests.browser.conftest import PASSWORD, Visit, Visitor
from tests.installation import wait_for
from tests.standins import CaptionSpec, Cue, Failure, Fault, YouTubeStandIn, video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(240)]

DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}
PLAYLIST = "PLtasksSammelwerkFollowedPlaylist1"
SPOKEN = "quibblewheel"


class Hand:
    """Presses and types in a page, and counts what it does."""

    def __init__(self, page: Page, *, is_phone: bool) -> None:
        self.page = page
        self.is_phone = is_phone
        self.steps = 0

    def press(self, what: Locator) -> None:
        self.steps += 1
        what.click()

    def tick(self, what: Locator) -> None:
        self.steps += 1
        what.check(force=True)

    def fill(self, what: Locator, text: str) -> None:
        self.steps += 1
        what.fill(text)

    def key(self, key: str) -> None:
        self.steps += 1
        self.page.keyboard.press(key)

    def button(self, name: str, inside: str = "body") -> None:
        self.press(self.page.locator(inside).get_by_role("button", name=name, exact=True).first)

    def link(self, name: str, inside: str = "body") -> None:
        self.press(self.page.locator(inside).get_by_role("link", name=name).first)

    def menu(self, name: str) -> None:
        """Choose a page from the account's menu."""
        self.button("Your account")
        self.link(name, "#menu")

    def filter(self, name: str) -> None:
        """Choose a filter, which a phone keeps behind a button."""
        if self.is_phone:
            self.button("Lists and filters")
        self.link(name, "#facets")


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def screen(request: Any) -> Any:
    return request.param


@pytest.fixture
def task(request: Any, screen: Any) -> Iterator[Callable[[Page], Hand]]:
    """`task(page)`: a hand, whose steps are counted from now on."""
    hands: list[Hand] = []
    begun: list[float] = []

    def begin(page: Page) -> Hand:
        hands.append(Hand(page, is_phone=screen is PHONE))
        begun.append(time.monotonic())
        return hands[0]

    yield begin
    table = os.environ.get("TASKS_TABLE")
    if table and hands:
        name = request.node.name.removeprefix("test_").replace("[", " | ").rstrip("]")
        line = f"| {name} | {hands[0].steps} | {time.monotonic() - begun[0]:.1f} s |\n"
        with Path(table).open("a", encoding="utf-8") as file:
            file.write(line)


@pytest.fixture
def library(youtube: YouTubeStandIn) -> Callable[[Visitor], int]:
    """`library(visitor)`: a list of 24 finished videos; two are private, in two one word falls."""
    first = 620_000
    cues = (Cue(10.0, 3.0, f"This is the {SPOKEN} of the clock"),)
    for number in range(24):
        youtube.catalogue.change(video_id(first + number), title=f"Clock {number}")
    for number in (1, 2):
        youtube.catalogue.change(
            video_id(first + number), duration=700, captions=(CaptionSpec("en", cues=cues),)
        )
    for number in (3, 4):
        youtube.catalogue.change(video_id(first + number), failure=Failure.PRIVATE)

    def fill(visitor: Visitor) -> int:
        list_id = visitor.caller.new_list("Clocks")
        visitor.caller.new_list("Second")
        ids = [video_id(first + number) for number in range(24)]
        visitor.caller.finished(visitor.caller.add(list_id, ids)["batch"])
        return list_id

    return fill


def count_of(visitor: Visitor, list_id: int) -> int:
    return len(visitor.caller.videos(list_id))


def list_named(visitor: Visitor, name: str) -> int:
    rows = visitor.caller.call("GET", "/api/lists").json()
    found: int = next(row["id"] for row in rows if row["name"] == name)
    return found


def test_1_log_in_and_paste_eight_addresses(
    visit: Visit, system: System, screen: Any, task: Any
) -> None:
    stranger = system.another()
    alice = visit(stranger, **screen)
    alice.context.clear_cookies()
    page = alice.open("/accounts/login/")
    hand = task(page)
    hand.fill(page.get_by_label("Username"), stranger.name)
    hand.fill(page.get_by_label("Password"), PASSWORD)
    hand.button("Log in")
    hand.press(page.locator(".top").get_by_role("link", name="Import"))
    hand.fill(page.locator("#import-text"), "\n".join(video_id(621_000 + n) for n in range(8)))
    hand.button("Import", "#import-form")
    expect(page.locator(".card[data-stage=complete]")).to_have_count(8, timeout=60_000)


def test_2_import_one_list_of_a_takeout(visit: Visit, screen: Any, task: Any) -> None:
    alice = visit(**screen)
    page = alice.open("/")
    hand = task(page)
    hand.press(page.locator(".top").get_by_role("link", name="Import"))
    archive: FilePayload = {
        "name": "takeout.zip",
        "mimeType": "application/zip",
        "buffer": takeout_zip(playlists=3, videos=2),
    }
    page.locator("[data-testid=import-dialog] [type=file]").set_input_files(archive)
    hand.steps += 1
    ticks = page.get_by_test_id("import-dialog").get_by_role("checkbox")
    expect(ticks).to_have_count(3)
    for number in (0, 2):
        hand.press(ticks.nth(number))
    hand.button("Import", "#import-form")
    expect(page.locator(".side").get_by_text("List 1")).to_have_count(1)
    names = {row["name"] for row in alice.caller.call("GET", "/api/lists").json()}
    assert names == {"List 1"}


def test_3_try_failed_ones_again_by_cause(
    visit: Visit, library: Any, screen: Any, task: Any
) -> None:
    alice = visit(**screen)
    list_id = library(alice)
    page = alice.open("/videos/")
    hand = task(page)
    hand.press(page.get_by_text("What could not be imported"))
    expect(page.locator(".causes")).to_contain_text("This video is private.")
    hand.button("Try 2 videos again")
    expect(page.get_by_test_id("message")).to_contain_text("2 videos are tried again.")
    # Other tests want them as private as they are; after this one YouTube would give them.
    wait_for(lambda: failed_of(alice, list_id) == 2)


def failed_of(visitor: Visitor, list_id: int) -> int:
    return sum(video["error"] is not None for video in visitor.caller.videos(list_id))


def test_4_find_what_was_said_in_any_list(
    visit: Visit, library: Any, screen: Any, task: Any
) -> None:
    alice = visit(**screen)
    library(alice)
    page = alice.open("/imports/")
    hand = task(page)
    hand.fill(page.get_by_role("searchbox"), SPOKEN)
    expect(page.get_by_test_id("search-result")).to_have_count(2)
    hand.press(page.get_by_test_id("moment").first)
    expect(page.locator("#transcript mark").first).to_be_visible()


def test_5_quote_and_export_a_transcript(
    visit: Visit, library: Any, screen: Any, task: Any
) -> None:
    alice = visit(permissions=["clipboard-read", "clipboard-write"], **screen)
    library(alice)
    page = alice.open(f"/search/?q={SPOKEN.replace(' ', '+')}")
    hand = task(page)
    hand.press(page.get_by_role("link", name="Copy as a quote").first)
    hand.press(page.get_by_role("dialog").get_by_role("button", name="Copy").first)
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    assert SPOKEN in page.evaluate("navigator.clipboard.readText()")
    hand.key("Escape")
    hand.press(page.get_by_test_id("moment").first)
    expect(page.locator("#transcript mark").first).to_be_visible()  # the page moves there
    hand.button("More for the transcript")
    with page.expect_download() as download:
        hand.link("Download as SRT")
    assert SPOKEN in download.value.path().read_text(encoding="utf-8")


def test_6_tag_twenty_filter_and_move_them(
    visit: Visit, library: Any, screen: Any, task: Any
) -> None:
    alice = visit(**screen)
    list_id = library(alice)
    page = alice.open(f"/lists/{list_id}/")
    hand = task(page)
    boxes = page.locator(".pick input")
    hand.tick(boxes.first)
    hand.steps += 1
    boxes.nth(19).click(modifiers=["Shift"], force=True)
    expect(page.locator("#selection output")).to_have_text("20 selected")
    hand.button("Tag", "#selection")
    hand.fill(page.get_by_role("combobox", name="Tag"), "important")
    hand.key("Enter")
    expect(page.get_by_test_id("done-toast")).to_contain_text("20 videos are tagged")
    hand.filter("important")
    expect(page.get_by_test_id("video-card")).to_have_count(20)
    hand.tick(page.locator(".pick input").first)
    hand.button("Select all", "#selection")
    hand.button("Move", "#selection")
    hand.press(page.locator("#targets").get_by_role("button", name="Second"))
    expect(page.get_by_test_id("done-toast").last).to_contain_text("20 videos")
    assert count_of(alice, list_named(alice, "Second")) == 20
    assert count_of(alice, list_id) == 4


def test_7_follow_a_playlist_while_importing_it(
    visit: Visit, youtube: YouTubeStandIn, screen: Any, task: Any
) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(624_000 + n) for n in range(5)])
    alice = visit(**screen)
    page = alice.open("/")
    hand = task(page)
    hand.press(page.locator(".top").get_by_role("link", name="Import"))
    address = f"https://www.youtube.com/playlist?list={PLAYLIST}"
    hand.fill(page.locator("#import-text"), address)
    hand.press(page.locator("#follow-it"))
    hand.button("Import", "#import-form")
    expect(page.get_by_test_id("batch-banner").or_(page.locator(".card")).first).to_be_visible()
    hand.menu("Followed playlists and channels")
    expect(page.get_by_text("Nothing is followed yet")).to_have_count(0)
    expect(page.locator("main")).to_contain_text("next check")


def test_8_pause_go_on_and_cancel(
    visit: Visit, youtube: YouTubeStandIn, screen: Any, task: Any
) -> None:
    alice = visit(**screen)
    list_id = alice.caller.new_list("Long")
    slow = youtube.faults.add(Fault("slow", delay=3))
    alice.caller.add(list_id, [video_id(622_000 + n) for n in range(30)])
    page = alice.open(f"/lists/{list_id}/")
    page.on("dialog", lambda dialog: dialog.accept())
    hand = task(page)
    banner = "[data-testid=batch-banner]"
    hand.button("Pause", banner)
    hand.button("Resume", banner)
    expect(page.locator(banner).get_by_role("button", name="Pause")).to_be_visible()
    hand.button("Cancel", banner)
    expect(page.locator(".banner")).to_contain_text("Import cancelled")
    expect(page.locator(".card.importing")).to_have_count(0)
    slow.remove()


def test_9_change_language_and_theme(visit: Visit, screen: Any, task: Any) -> None:
    alice = visit(**screen)
    page = alice.open("/imports/")
    hand = task(page)
    hand.button("Your account")
    hand.button("Dark", "#menu")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    hand.button("Your account")
    hand.button("Deutsch", "#menu")
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_10_every_page_fits(visit: Visit, library: Any, screen: Any, task: Any) -> None:
    alice = visit(**screen)
    list_id = library(alice)
    video = alice.caller.videos(list_id)[0]["id"]
    page = alice.open("/")
    hand = task(page)
    for path in (
        f"/lists/{list_id}/",
        f"/lists/{list_id}/?view=table",
        f"/videos/{video}/",
        "/videos/",
        f"/search/?q={SPOKEN.replace(' ', '+')}",
        "/imports/",
        "/follows/",
        "/tags/",
        "/changes/",
        "/settings/",
    ):
        page.goto(alice.system.url + path)
        hand.steps += 1
        beyond = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert beyond <= 0, path


def test_11_undo_after_the_page_was_left(
    visit: Visit, library: Any, screen: Any, task: Any
) -> None:
    alice = visit(**screen)
    list_id = library(alice)
    page = alice.open(f"/lists/{list_id}/")
    hand = task(page)
    hand.tick(page.locator(".pick input").first)
    hand.button("Select all", "#selection")
    hand.button("Remove", "#selection")
    expect(page.get_by_test_id("done-toast")).to_contain_text("24 videos removed")
    assert count_of(alice, list_id) == 0
    page.goto(f"{alice.system.url}/imports/")
    hand.menu("Recently deleted and changed")
    hand.button("Undo", "main")
    expect(page.get_by_test_id("message")).to_contain_text("Undone.")
    assert count_of(alice, list_id) == 24


def test_12_import_for_somebody_in_the_administration(
    visit: Visit, system: System, screen: Any, task: Any
) -> None:
    alice = visit(system.alice(), **screen)
    page = alice.open("/admin/importer/importbatch/")
    hand = task(page)
    hand.link("Bulk import")
    hand.steps += 1
    page.locator("select[name=owner]").select_option(label="alice")
    hand.fill(
        page.locator("[name=list_name]"), f"By the administration, {screen['viewport']['width']} px"
    )
    hand.fill(page.locator("[name=text]"), "\n".join(video_id(623_000 + n) for n in range(3)))
    hand.press(page.locator("[value=Preview]"))
    expect(page.locator("#preview")).to_be_visible()
    hand.press(page.locator("[value=Import]"))
    expect(page.locator(".messagelist")).to_contain_text("3 added")


def test_lists_are_used_without_javascript(visit: Visit, library: Any, task: Any) -> None:
    alice = visit(java_script_enabled=False)
    list_id = library(alice)
    page = alice.open(f"/lists/{list_id}/")
    hand = task(page)
    hand.tick(page.locator(".pick input").first)
    hand.fill(page.locator("#selection [name=tag]"), "important")
    hand.button("Add tag", "#selection")
    expect(page.get_by_text("1 video is tagged")).to_be_visible()
    page.goto(f"{alice.system.url}/lists/{list_id}/?tag=important")
    expect(page.get_by_test_id("video-card")).to_have_count(1)
    page.goto(f"{alice.system.url}/search/?q={SPOKEN.replace(' ', '+')}")
    expect(page.get_by_test_id("search-result")).to_have_count(2)
    page.goto(f"{alice.system.url}/changes/")
    hand.button("Undo", "main")
    expect(page.get_by_text("Undone.")).to_be_visible()
