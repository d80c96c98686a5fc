"""Ways into the import, in a browser: bookmarks run on foreign pages, archives whose lists are
chosen.
"""

from urllib.parse import unquote

import pytest
from playwright.sync_api import FilePayload, Page, Route, expect

from importer.intake.bookmarklets import IDS_IN_ADDRESS
from importer.tests.takeout import takeout_zip
from tests.browser.conftest import Visit, Visitor
from tests.standins import video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(180)]
ELSEWHERE = "https://elsewhere.example/"
LINKS = f"""<a href="https://www.youtube.com/watch?v={video_id(1)}&list=PLx&index=2">one</a>
<a href="https://youtu.be/{video_id(2)}?t=5">two</a><a href="https://m.youtube.com/shorts/{video_id(3)}">three</a>
<a href="https://youtube.com/watch?v={video_id(1)}">one again</a>
<iframe src="https://www.youtube-nocookie.com/embed/{video_id(4)}"></iframe>
<a href="https://youtube.com.evil.example/watch?v={video_id(5)}">false</a>
<a href="https://www.youtube.com/musicpremiu">no video</a>
<a href="mailto:a@b.example">mail</a><a href="http://[">broken</a>"""


# In the page: a promise that is kept when a refused form is shown again.
NOTE_REFUSAL = """() => {
    window.refused = new Promise((seen) => {
        document.addEventListener("htmx:afterSettle", ({detail}) => {
            if (detail.xhr.status === 422) seen();
        });
    });
}"""


def run_bookmark(visitor: Visitor, which: int, html: str, path: str = "") -> Page:
    """Clicks a bookmark on another site's page, which has a policy as strict as YouTube's; answers
    the page that opens.
    """
    href = (
        visitor.open("/import/from-anywhere/").locator(".panel a").nth(which).get_attribute("href")
    )
    strict = {"content-security-policy": "script-src 'none'; connect-src 'none'"}
    visitor.context.route(
        f"{ELSEWHERE}**",
        lambda route: route.fulfill(content_type="text/html", body=html, headers=strict),
    )
    foreign = visitor.context.new_page()
    foreign.goto(ELSEWHERE + path)
    with visitor.context.expect_page() as opened:
        foreign.evaluate(unquote(str(href).removeprefix("javascript:")))
    return opened.value


def shown(page: Page) -> list[str]:
    return page.locator("#import-text").input_value().split()


def test_a_bookmarklet_sends_videos_and_imports_nothing(visit: Visit) -> None:
    alice = visit()
    page = run_bookmark(alice, 1, LINKS)
    expect(page.locator(".preview-line")).to_have_text("4 videos")
    assert shown(page) == [f"https://youtu.be/{video_id(n)}" for n in (1, 2, 3, 4)]
    assert alice.caller.call("GET", "/api/imports").json()["results"] == []


def test_a_bookmark_sends_more_videos_than_an_address_holds(visit: Visit) -> None:
    count = IDS_IN_ADDRESS + 30
    page = run_bookmark(
        visit(), 1, "".join(f'<a href="https://youtu.be/{video_id(n)}">x</a>' for n in range(count))
    )
    expect(page.locator(".preview-line")).to_have_text(f"{count} videos")
    assert shown(page) == [f"https://youtu.be/{video_id(n)}" for n in range(count)]


def test_a_bookmark_sends_the_address_of_the_page(visit: Visit) -> None:
    page = run_bookmark(visit(), 0, "", f"watch?v={video_id(1)}&t=1")
    assert shown(page) == [f"{ELSEWHERE}watch?v={video_id(1)}&t=1"]


def test_the_ticked_lists_of_an_archive_are_imported(visit: Visit) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    page.keyboard.press("i")
    dialog = page.get_by_test_id("import-dialog")
    archive: FilePayload = {
        "name": "takeout.zip",
        "mimeType": "application/zip",
        "buffer": takeout_zip(playlists=3, videos=2),
    }
    dialog.locator("[type=file]").set_input_files(archive)
    expect(dialog.get_by_role("checkbox")).to_have_count(3)
    dialog.get_by_role("checkbox").nth(1).uncheck()
    dialog.get_by_role("button", name="Import").click()
    expect(page.get_by_test_id("message")).to_contain_text("2 lists are being filled")
    assert {each["name"] for each in alice.caller.call("GET", "/api/lists").json()} == {
        "Clocks",
        "List 0",
        "List 2",
    }


def test_a_refused_file_stays_chosen_beside_its_message(
    visit: Visit,
) -> None:
    alice = visit()
    alice.allowed = ("422",)
    page = alice.open(f"/lists/{alice.caller.new_list()}/")
    dialog = page.get_by_test_id("import-dialog")
    page.keyboard.press("i")
    broken: FilePayload = {
        "name": "broken.zip",
        "mimeType": "application/zip",
        "buffer": b"PK\x03\x04",
    }
    dialog.locator("[type=file]").set_input_files(broken)
    expect(dialog).to_contain_text("broken.zip: This file is damaged.")
    page.evaluate(NOTE_REFUSAL)
    dialog.get_by_role("button", name="Import").click()
    page.evaluate("refused")
    expect(dialog.locator(".file-names")).to_have_text("broken.zip ×")
    expect(dialog).to_contain_text("broken.zip: This file is damaged.")
    dialog.get_by_role("button", name="broken.zip").press("Enter")
    expect(dialog.get_by_label("Addresses")).to_be_focused()
    expect(dialog).not_to_contain_text("broken.zip")
    for number in (1, 2):
        page.keyboard.press("i") if dialog.is_hidden() else None
        dialog.get_by_label("Addresses").fill(f"https://youtu.be/{video_id(200_000 + number)}")
        dialog.get_by_role("button", name="Import").click()
        expect(page.get_by_test_id("video-card")).to_have_count(number)


def test_ticks_stay_as_they_were_set_while_an_answer_came(visit: Visit) -> None:
    """The second tick is cleared while the answer to the first one is on its way."""
    alice = visit()
    page = alice.open("/")
    page.keyboard.press("i")
    dialog = page.get_by_test_id("import-dialog")
    archive: FilePayload = {
        "name": "takeout.zip",
        "mimeType": "application/zip",
        "buffer": takeout_zip(playlists=3, videos=2),
    }
    dialog.locator("[type=file]").set_input_files(archive)
    boxes = dialog.get_by_role("checkbox")
    expect(boxes).to_have_count(3)
    held: list[Route] = []
    page.route("**/import/preview/", lambda route: held.append(route), times=1)
    with page.expect_request("**/import/preview/"):
        boxes.nth(0).uncheck()
    boxes.nth(2).uncheck()
    with page.expect_response("**/import/preview/"):
        held[0].continue_()
    expect(page.locator(".htmx-request")).to_have_count(0)
    assert [box.is_checked() for box in boxes.all()] == [False, True, False]


def test_files_of_a_bulk_import_stay_chosen_over_its_preview(visit: Visit, system: System) -> None:
    staff = visit(system.alice())
    page = staff.open("/admin/importer/importbatch/bulk/")
    page.get_by_label("List:").fill("Bulk")
    content = f"https://youtu.be/{video_id(200_900)}\n".encode()
    file = FilePayload(name="bulk.txt", mimeType="text/plain", buffer=content)
    page.get_by_label("Files:").set_input_files(file)
    page.get_by_role("button", name="Preview").click()
    expect(page.locator("#preview")).to_contain_text("bulk.txt")
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_text("“Bulk”: 1 added")).to_be_visible()
