"""The browser's own notices: asked for by a switch alone, and shown while the page is hidden."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit, Visitor
from tests.installation import wait_for
from tests.standins import Fault, YouTubeStandIn, video_id
from tests.system import System

pytestmark = [pytest.mark.browser, pytest.mark.page, pytest.mark.timeout(180)]

# Remembers what the browser is asked for and shows; a headless one shows nothing.
REMEMBER = """
window.shown = [];
window.asked = 0;
window.Notification = class {
    static permission = localStorage.getItem("test-permission") ?? "default";
    static async requestPermission() {
        window.asked += 1;
        localStorage.setItem("test-permission", "granted");
        return (Notification.permission = "granted");
    }
    constructor(title, options) { window.shown.push([title, options.body]); }
};
"""
HIDE = "Object.defineProperty(document, 'hidden', { get: () => true })"
BEGAN_LONG_AGO = (
    "from importer.models import ImportBatch; from datetime import timedelta; "
    "from django.db.models import F; "
    "ImportBatch.objects.filter(pk={}).update(created_at=F('created_at') - timedelta(hours=1))"
)


def come(visit: Visit) -> Visitor:
    alice = visit()
    alice.context.add_init_script(REMEMBER)
    return alice


def turn_on(alice: Visitor) -> None:
    page = alice.open("/settings/")
    assert page.evaluate("window.asked") == 0
    page.get_by_role("button", name="Turn on in this browser").click()
    expect(page.get_by_role("button", name="Turn off in this browser")).to_be_visible()
    assert page.evaluate("window.shown") == [["Notices are on", "This is how they look."]]
    page.close()


def import_slowly(alice: Visitor, system: System, youtube: YouTubeStandIn, first: int) -> Page:
    """The page of an import that began an hour ago and ends while it is looked at."""
    list_id = alice.caller.new_list("Escapements")
    slow = youtube.faults.add(Fault("slow", delay=2))
    report = alice.caller.add(list_id, [video_id(first + n) for n in range(4)])
    page = alice.open(f"/lists/{list_id}/")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    system.manage("shell", "-c", BEGAN_LONG_AGO.format(report["batch"]))
    slow.remove()
    return page


@pytest.mark.slow
def test_the_end_is_told_while_the_page_is_hidden(
    visit: Visit, system: System, youtube: YouTubeStandIn
) -> None:
    alice = come(visit)
    turn_on(alice)
    alice.context.add_init_script(HIDE)
    page = import_slowly(alice, system, youtube, 610_000)
    expect(page.get_by_test_id("summary-toast")).to_be_visible(timeout=60_000)
    wait_for(lambda: page.evaluate("window.shown.length > 0"))
    assert page.evaluate("window.shown") == [["Import complete", "Escapements: 4 videos imported"]]


@pytest.mark.slow
def test_nothing_is_told_to_who_looks_or_did_not_ask(
    visit: Visit, system: System, youtube: YouTubeStandIn
) -> None:
    alice = come(visit)
    page = import_slowly(alice, system, youtube, 611_000)
    expect(page.get_by_test_id("summary-toast")).to_be_visible(timeout=60_000)
    assert page.evaluate("[window.asked, window.shown]") == [0, []]
    turn_on(alice)
    page = import_slowly(alice, system, youtube, 612_000)
    expect(page.get_by_test_id("summary-toast")).to_be_visible(timeout=60_000)
    assert page.evaluate("window.shown") == []
