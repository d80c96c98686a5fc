"""What people come for, done in a browser that runs no JavaScript: links and plain forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from playwright.sync_api import Browser, FilePayload, Page, expect

from importer.tests.takeout import takeout_zip
from tests.browser.conftest import Visit, Visitor
from tests.installation import wait_for
from tests.standins import CaptionSpec, Cue, Failure, YouTubeStandIn, video_id

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]

PLAYLIST = "PLwithoutJavaScriptSammelwerk00001"
FIRST = 650_000
SPOKEN = "The escapement ticks"


@dataclass
class Desk:
    """Somebody's list of four finished videos: one with captions, one private."""

    visitor: Visitor
    list_id: int

    @property
    def path(self) -> str:
        return f"/lists/{self.list_id}/"

    def open(self, path: str) -> Page:
        return self.visitor.open(path)

    def count(self, list_id: int) -> int:
        return len(self.visitor.caller.videos(list_id))


@pytest.fixture
def desk(visit: Visit, youtube: YouTubeStandIn) -> Desk:
    cues = (Cue(10.0, 3.0, SPOKEN),)
    for number in range(4):
        youtube.catalogue.change(video_id(FIRST + number), title=f"Clock {number}")
    youtube.catalogue.change(video_id(FIRST), captions=(CaptionSpec("en", cues=cues),))
    youtube.catalogue.change(video_id(FIRST + 1), failure=Failure.PRIVATE)
    visitor = visit(java_script_enabled=False)
    list_id = visitor.caller.new_list("Clocks")
    batch = visitor.caller.add(list_id, [video_id(FIRST + n) for n in range(4)])["batch"]
    visitor.caller.finished(batch)
    return Desk(visitor, list_id)


def press(page: Page, name: str, inside: str = "main") -> None:
    page.locator(inside).get_by_role("button", name=name, exact=True).first.click()


def tick_first_card(page: Page) -> None:
    page.locator(".pick input").first.check(force=True)


def cards(page: Page) -> Any:
    return page.get_by_test_id("video-card")


def test_pasted_addresses_are_imported(desk: Desk) -> None:
    page = desk.open(desk.path)
    page.locator(".top").get_by_role("link", name="Import").click()
    addresses = "\n".join(video_id(FIRST + 10 + number) for number in range(3))
    page.get_by_label("Addresses").fill(addresses)
    press(page, "Preview")
    expect(page.locator(".preview-line")).to_contain_text("3 videos")
    press(page, "Import")
    expect(page).to_have_url(f"{desk.visitor.system.url}{desk.path}")
    expect(cards(page)).to_have_count(7)


def test_an_archive_is_previewed_and_imported(desk: Desk) -> None:
    archive: FilePayload = {
        "name": "takeout.zip",
        "mimeType": "application/zip",
        "buffer": takeout_zip(playlists=2, videos=2),
    }
    page = desk.open("/import/")
    expect(page.get_by_text("Drop links or files")).to_be_hidden()  # no script would take them
    page.locator("main [type=file]").set_input_files(archive)
    press(page, "Preview")
    expect(page.locator("#preview")).to_contain_text("2 lists in takeout.zip")
    page.locator("#preview").get_by_role("checkbox").first.uncheck()
    page.locator("main [type=file]").set_input_files(archive)
    press(page, "Import")
    expect(page.locator(".side").get_by_text("List 1")).to_have_count(1)
    names = {row["name"] for row in desk.visitor.caller.call("GET", "/api/lists").json()}
    assert names == {"Clocks", "List 1"}


def test_a_transcript_is_read(desk: Desk) -> None:
    page = desk.open(desk.path)
    page.get_by_role("link", name="Clock 0").click()
    page.get_by_role("link", name="Read the transcript").click()
    expect(page.locator("main")).to_contain_text(SPOKEN)


def test_chosen_videos_are_exported(desk: Desk) -> None:
    page = desk.open(desk.path)
    tick_first_card(page)
    press(page, "Export", "#selection")
    with page.expect_download() as download:
        press(page, "CSV", "#formats")
    lines = download.value.path().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 2
    assert video_id(FIRST) in lines[1]


def test_a_video_is_moved(desk: Desk) -> None:
    second = desk.visitor.caller.new_list("Second")
    page = desk.open(desk.path)
    tick_first_card(page)
    press(page, "Move", "#selection")
    page.locator("#targets").get_by_role("button", name="Second").click()
    expect(cards(page)).to_have_count(3)
    assert desk.count(second) == 1


def test_a_removed_video_comes_back(desk: Desk) -> None:
    page = desk.open(desk.path)
    tick_first_card(page)
    press(page, "Remove", "#selection")
    expect(page.get_by_test_id("message")).to_contain_text("1 video removed")
    expect(cards(page)).to_have_count(3)
    press(page, "Your account", ".top")
    page.locator("#menu").get_by_role("link", name="Recently deleted and changed").click()
    press(page, "Undo")
    expect(page.get_by_test_id("message")).to_contain_text("Undone.")
    assert desk.count(desk.list_id) == 4


def test_a_failed_video_is_tried_again(desk: Desk, youtube: YouTubeStandIn) -> None:
    page = desk.open(desk.path)
    youtube.catalogue.change(video_id(FIRST + 1), failure=None)
    press(page, "Why was this not imported?", ".card.failed")
    press(page, "Try again", ".card.failed .tip")
    expect(page.get_by_test_id("message")).to_contain_text("1 video is tried again.")

    def is_complete() -> bool:
        stages = {each["import_stage"] for each in desk.visitor.caller.videos(desk.list_id)}
        return stages == {"complete"}

    wait_for(is_complete, 60)
    page.reload()
    expect(page.locator(".card.failed")).to_have_count(0)


def test_settings_are_kept(desk: Desk) -> None:
    page = desk.open("/settings/")
    press(page, "Dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    languages = page.locator("[name=languages]")
    languages.fill("fr, it")
    languages.locator("xpath=ancestor::form").get_by_role("button", name="Save").click()
    page.goto(f"{desk.visitor.system.url}/settings/")
    expect(page.locator("[name=languages]")).to_have_value("French, Italian")
    press(page, "Deutsch")
    expect(page.locator("html")).to_have_attribute("lang", "de")


def test_a_playlist_is_followed_and_no_longer(desk: Desk, youtube: YouTubeStandIn) -> None:
    youtube.catalogue.add_playlist(PLAYLIST, [video_id(FIRST + 20 + n) for n in range(2)])
    page = desk.open(desk.path)
    press(page, "More for this list")
    page.locator("#list-menu").get_by_role("link", name="Follow").click()
    page.locator("[name=address]").fill(f"https://www.youtube.com/playlist?list={PLAYLIST}")
    press(page, "Follow")
    expect(page.locator(".follow-panel")).to_have_count(1)
    wait_for(lambda: desk.count(desk.list_id) == 6, 60)
    press(page, "Stop following")
    expect(page.locator(".follow-panel")).to_have_count(0)


def test_a_list_is_shared_and_no_longer(desk: Desk, chromium: Browser) -> None:
    page = desk.open(desk.path)
    press(page, "More for this list")
    page.locator("#list-menu").get_by_role("link", name="Feed and link").click()
    link = page.locator("#share-page")
    press(page, "Create link")
    address = link.inner_text()
    reader = chromium.new_context(java_script_enabled=False).new_page()
    reader.goto(address)
    expect(reader.locator("main")).to_contain_text("Clock 3")
    press(page, "Stop sharing")
    expect(link).to_have_count(0)
    answer = reader.goto(address)
    assert answer is not None
    assert answer.status == 404
    reader.context.close()
