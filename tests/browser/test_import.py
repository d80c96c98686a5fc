"""Importing, seen in a browser: cards at once, colour without a reload, one summary at the end."""

import json
import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Locator, Page, WebSocketRoute, expect

from importer.tests.takeout import takeout_zip
from tests.browser.conftest import Visit
from tests.installation import wait_for
from tests.standins import Failure, YouTubeStandIn, video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(180)]


# In the page: when the first request that changes something was answered, and when five cards were
# there.
NOTE_WHEN_SHOWN = """() => {
    const note = (name) => (window[name] ??= performance.now());
    const look = () => {
        if (document.querySelectorAll("[data-testid=video-card]").length === 5) note("shown");
    };
    document.addEventListener("htmx:beforeOnLoad", ({detail}) => {
        if (/import\\/$/.test(detail.pathInfo.requestPath)) note("answered");
    });
    new MutationObserver(look).observe(document.body, {childList: true, subtree: true});
}"""


def addresses(first: int, count: int) -> str:
    return "\n".join(f"https://youtu.be/{video_id(first + n)}" for n in range(count))


def cards(page: Page) -> Any:
    return page.get_by_test_id("video-card")


def live(page: Page) -> None:
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")


def paste(page: Page, text: str) -> None:
    page.keyboard.press("i")
    page.get_by_label("Addresses").fill(text)


def submit(page: Page) -> None:
    page.get_by_test_id("import-dialog").get_by_role("button", name="Import").click()
    expect(page.get_by_test_id("import-dialog")).to_be_hidden()


def test_five_pasted_videos_appear_and_turn_to_colour(
    visit: Visit,
) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    live(page)
    paste(page, addresses(100_000, 5))
    page.evaluate(NOTE_WHEN_SHOWN)
    submit(page)
    expect(cards(page)).to_have_count(5)
    assert page.evaluate("shown - answered") < 500  # milliseconds
    expect(page.locator(".card[data-stage=complete]")).to_have_count(5)
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.locator(".importing, [aria-disabled=true]")).to_have_count(0)
    toast = page.get_by_test_id("summary-toast")
    expect(toast).to_contain_text("5 videos imported")
    expect(page.get_by_test_id("batch-banner")).to_have_count(0)
    assert alice.watched.visits == []
    page.reload()
    expect(cards(page)).to_have_count(5)
    expect(toast).to_have_count(0)
    cards(page).first.locator("h3 a").click()
    expect(page.locator("h1")).not_to_be_empty()


def test_an_import_ends_with_one_summary_in_every_tab(
    visit: Visit, youtube: YouTubeStandIn
) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    ids = [
        video_id(1_000_000 + 100 * list_id + n) for n in range(20)
    ]  # also known to nobody when it is tried again
    for private in ids[:2]:
        youtube.catalogue.change(private, failure=Failure.PRIVATE)
    page = alice.open(f"/lists/{list_id}/")
    second = alice.open(f"/lists/{list_id}/")
    live(page)
    live(second)
    lines = [f"https://youtu.be/{one}" for one in ids]  # an id alone may read like a word
    paste(page, "\n".join([*lines, "https://evil.example/watch?v=dQw4w9WgXcQ"]))
    expect(page.locator(".preview")).to_contain_text("1 line not recognized")
    submit(page)
    for tab in (page, second):
        expect(cards(tab)).to_have_count(20)
        expect(tab.locator(".importing")).to_have_count(0, timeout=60_000)
        expect(tab.locator(".card.failed")).to_have_count(2)
        expect(tab.get_by_test_id("summary-toast")).to_have_count(1)
        expect(tab.get_by_test_id("summary-toast")).to_contain_text("2 not available")
    assert alice.watched.visits == []
    page.get_by_test_id("summary-toast").get_by_role("button", name="Remove 2").click()
    expect(cards(page)).to_have_count(18)


def test_a_tab_that_only_hears_of_the_end_says_the_summary_too(visit: Visit) -> None:
    """An import may be over before a tab's first count of it, and another tab's summary seen."""
    alice = visit()
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    live(page)
    held = HeldSocket()
    alice.context.route_web_socket(re.compile("/ws/progress"), held.open)
    second = alice.open(f"/lists/{list_id}/")
    live(second)
    paste(page, addresses(109_000, 3))
    with page.expect_response(re.compile("/announce/$")):
        submit(page)
    expect(second.get_by_test_id("summary-toast")).to_have_count(0)
    # Asking the page anything lets Playwright hand over what came to its socket.
    wait_for(lambda: second.evaluate("true") and held.knows_the_end)
    held.tell_the_end()
    for tab in (page, second):
        expect(tab.get_by_test_id("summary-toast")).to_contain_text("3 videos imported")


class HeldSocket:
    """A page's socket whose frames are kept back, and then told without the running imports."""

    def open(self, page: WebSocketRoute) -> None:
        self.page = page
        self.frames: list[dict[str, Any]] = []
        page.connect_to_server().on_message(self._keep)

    def _keep(self, message: str | bytes) -> None:
        found = json.loads(message)
        self.frames += found if isinstance(found, list) else [found]

    @property
    def knows_the_end(self) -> bool:
        return any(frame.get("state") == "finished" for frame in self.frames)

    def tell_the_end(self) -> None:
        ended = [frame for frame in self.frames if frame.get("state") != "running"]
        self.page.send(json.dumps(ended))


def test_a_summary_waits_for_a_page_that_is_opened_later(visit: Visit) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    alice.caller.finished(alice.caller.add(list_id, [video_id(102_000)])["batch"])
    page = alice.context.new_page()
    with page.expect_response(re.compile("/announce/$")):
        page.goto(f"{alice.system.url}/lists/{list_id}/")
    expect(page.get_by_test_id("summary-toast")).to_contain_text("1 video imported")
    page.reload()
    expect(page.get_by_test_id("summary-toast")).to_have_count(0)


def test_a_page_is_right_again_after_the_server_was_killed(visit: Visit, system: System) -> None:
    alice = visit()
    alice.allowed = ("WebSocket connection", "Failed to load resource", "ERR_", "htmx:")
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    live(page)
    alice.caller.add(list_id, [video_id(103_000 + n) for n in range(20)])
    expect(cards(page)).to_have_count(20)
    system.kill("web")
    expect(page.get_by_test_id("connection")).not_to_have_attribute("data-state", "live")
    expect(page.get_by_test_id("connection")).to_have_attribute(
        "data-state", "live", timeout=40_000
    )
    expect(page.locator(".card[data-stage=complete]")).to_have_count(20, timeout=30_000)
    assert alice.watched.visits == []


def test_a_card_the_server_could_not_give_is_asked_for_again(visit: Visit) -> None:
    alice = visit()
    alice.allowed = ("Failed to load resource",)
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    live(page)
    failing = re.compile(r"\?ids=")
    alice.context.route(failing, lambda route: route.abort())
    paste(page, addresses(108_000, 1))
    with page.expect_event("requestfailed"):
        submit(page)
    expect(page.get_by_test_id("summary-toast")).to_have_count(1)
    alice.context.unroute(failing)
    expect(page.locator(".card[data-stage=complete]")).to_have_count(1)


def test_a_page_without_a_socket_asks_instead(visit: Visit) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    alice.context.route_web_socket(re.compile("/ws/progress"), lambda socket: socket.close())
    page = alice.open(f"/lists/{list_id}/")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "polling")
    alice.caller.add(list_id, [video_id(104_000 + n) for n in range(3)])
    expect(page.locator(".card[data-stage=complete]")).to_have_count(3, timeout=20_000)
    expect(page.get_by_test_id("summary-toast")).to_have_count(1)


def test_links_and_files_may_be_dropped_anywhere(visit: Visit) -> None:
    alice = visit()
    page = alice.open(f"/lists/{alice.caller.new_list()}/")
    drop = """(target, [text, name]) => {
        const data = new DataTransfer();
        if (name) data.items.add(new File([text], name, {lastModified: 0}));
        else data.setData("text/uri-list", text);
        const options = {bubbles: true, cancelable: true, dataTransfer: data};
        for (const kind of ["dragenter", "dragover", "drop"])
            target.dispatchEvent(new DragEvent(kind, options));
    }"""
    page.locator("main").evaluate(drop, [addresses(105_000, 1), ""])
    expect(page.get_by_label("Addresses")).to_have_value(re.compile(video_id(105_000)))
    expect(page.get_by_test_id("drop-zone")).to_be_visible()
    page.locator("main").evaluate(drop, [addresses(105_001, 2), "links.txt"])
    expect(page.get_by_label("Addresses")).to_have_value(re.compile(video_id(105_002)))
    expect(page.locator(".preview")).to_contain_text("3 videos")
    for number, name in enumerate(
        ("export.json", "export.json", "second.json")
    ):  # the first is dropped twice
        page.locator("main").evaluate(
            drop, [f'[{{"url": "https://youtu.be/{video_id(105_003 + number // 2)}"}}]', name]
        )
        expect(page.locator(".file-names")).to_contain_text(name)
    expect(page.locator(".file-names")).to_have_text("export.json ×second.json ×")
    expect(page.locator(".preview").get_by_role("checkbox")).to_have_count(2)
    submit(page)
    expect(cards(page)).to_have_count(5)


@pytest.fixture(
    params=[
        {"viewport": {"width": 1440, "height": 900}},
        {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    ],
    ids=["desk", "phone"],
)
def screen(request: Any) -> Any:
    return request.param


def open_at_rest(page: Page) -> Locator:
    """The import dialog, once it has slid into its place."""
    page.keyboard.press("i")
    dialog = page.get_by_test_id("import-dialog")
    dialog.evaluate("(node) => Promise.all(node.getAnimations().map((each) => each.finished))")
    return dialog


def test_nothing_moves_when_the_preview_comes(visit: Visit, screen: Any) -> None:
    alice = visit(**screen)
    alice.caller.new_list()
    page = alice.open("/")
    dialog = open_at_rest(page)
    preview = page.locator("#preview")
    field = page.get_by_label("Addresses")
    button = dialog.get_by_role("button", name="Import")
    choose = dialog.get_by_text("choose files")
    places = [each.bounding_box() for each in (field, choose, button)]
    playlist = f"https://www.youtube.com/watch?v={video_id(1)}&list=PL{'x' * 32}"
    for text, answer in (
        (addresses(170_000, 3), "3 videos"),
        ("https://vimeo.com/1\n" * 20, "20 lines not recognized"),
        (playlist, "Only the video"),
    ):
        field.fill(text)
        expect(preview).to_contain_text(answer)
        assert [each.bounding_box() for each in (field, choose, button)] == places


def test_nothing_moves_when_files_are_chosen(visit: Visit, screen: Any) -> None:
    """Also where so many are chosen that they take several lines, where each list of a file has a
    name of its own so none is to be chosen, and where one is to be named.
    """
    alice = visit(**screen)
    alice.caller.new_list()
    page = alice.open("/")
    dialog = open_at_rest(page)
    field = page.get_by_label("Addresses")
    button = dialog.get_by_role("button", name="Import")
    choose = dialog.get_by_text("choose files")
    select = dialog.get_by_label("Add to list")
    places = [each.bounding_box() for each in (field, choose, button)]
    takeout = takeout_zip(playlists=3, videos=2)
    for number in range(5):
        name = f"takeout-{number}.zip"
        archive: FilePayload = {"name": name, "mimeType": "application/zip", "buffer": takeout}
        dialog.locator("[type=file]").set_input_files(archive)
        expect(dialog.get_by_role("heading", level=3)).to_contain_text(name)
        assert [each.bounding_box() for each in (field, choose, button)] == places
    expect(select).to_be_hidden()
    dialog.get_by_role("checkbox").first.uncheck()
    field.fill(addresses(171_000, 1))
    expect(select).to_be_visible()
    select.select_option(label="New list")
    expect(dialog.get_by_label("Name of the new list")).to_be_visible()
    assert field.bounding_box() == places[0]


def test_fields_are_as_high_as_buttons_beside_them(visit: Visit, screen: Any) -> None:
    alice = visit(**screen)
    alice.caller.new_list()
    dialog = open_at_rest(alice.open("/"))
    assert height(dialog.get_by_label("Add to list")) == height(
        dialog.get_by_role("button", name="Import")
    )


def height(what: Locator) -> float:
    box = what.bounding_box()
    assert box is not None
    return box["height"]


def test_nothing_typed_is_lost_when_the_login_has_ended(visit: Visit) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    paste(page, addresses(106_000, 2))
    expect(page.locator(".preview")).to_contain_text("2 videos")
    cookies = [cookie for cookie in alice.context.cookies() if cookie["name"] == "csrftoken"]
    alice.context.clear_cookies()
    alice.context.add_cookies(cookies)  # type: ignore[arg-type]  # the same keys
    page.get_by_test_id("import-dialog").get_by_role("button", name="Import").click()
    page.get_by_label("Username").fill(alice.caller.name)
    page.get_by_label("Password").fill(alice.caller.password)
    page.get_by_role("button", name="Log in").click()
    page.wait_for_url(re.compile(f"/lists/{list_id}/"))
    page.keyboard.press("i")
    expect(page.get_by_label("Addresses")).to_have_value(re.compile(video_id(106_001)))


def test_the_import_can_be_paused_and_cancelled_from_the_banner(visit: Visit) -> None:
    alice = visit()
    list_id = alice.caller.new_list()
    page = alice.open(f"/lists/{list_id}/")
    live(page)
    alice.caller.add(list_id, [video_id(107_000 + n) for n in range(200)])
    banner = page.get_by_test_id("batch-banner")
    banner.get_by_role("button", name="Pause").click()
    expect(banner).to_have_attribute("data-state", "paused")
    banner.get_by_role("button", name="Resume").click()
    expect(banner).to_have_attribute("data-state", "running")
    page.on("dialog", lambda dialog: dialog.accept())
    banner.get_by_role("button", name="Cancel").click()
    expect(page.get_by_test_id("batch-banner")).to_have_count(0)
    expect(page.locator("#banner")).to_contain_text("Import cancelled")
