"""`make demo` as a stranger sees it: every state within its first minutes, and complete at its
end.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from config.management.commands.demo import LIST, PASSWORD, USER
from tests.browser.conftest import PICTURES
from tests.installation import PATIENT_START, Installation
from tests.standins.demo import LECTURES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.page, pytest.mark.timeout(600)]

WAIT = 240_000  # milliseconds: a busy machine's; an idle one's demo is over in two minutes
BETWEEN = 0.2  # seconds between two looks
# In the page: what is to be seen at this moment.
SEEN = """() => {
    const seen = [];
    const has = (selector) => document.querySelector(selector) !== null;
    for (const stage of ["created", "metadata", "captions", "chapters", "complete", "error"]) {
        if (has(`.card[data-stage=${stage}]`)) {
            seen.push(stage);
        }
    }
    if (has("[data-testid=throttle-banner]")) {
        seen.push("throttled");
    }
    if (has("[data-testid=no-captions]")) {
        seen.push("without captions");
    }
    if (has("[data-testid=summary-toast]")) {
        seen.push("summary");
    }
    return seen;
}"""


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "demo", start_seconds=PATIENT_START, target="demo")
    made.run()
    yield made
    made.end()
    assert made.left_over() == []


def log_in(page: Page, address: str) -> None:
    page.goto(address)
    page.get_by_label("Username").fill(USER)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()


def see_until_the_end(page: Page) -> list[str]:
    """What was seen until the import was over, each in the order of its first time."""
    seen: dict[str, None] = {}
    give_up = time.monotonic() + WAIT / 1000
    while "summary" not in seen:
        assert time.monotonic() < give_up, f"seen until now: {list(seen)}"
        seen.update(dict.fromkeys(page.evaluate(SEEN)))
        page.wait_for_timeout(1000 * BETWEEN)
    return list(seen)


def test_demo_shows_every_state_and_ends_complete(chromium: Browser, demo: Installation) -> None:
    address = f"http://127.0.0.1:{demo.port}"
    context = chromium.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
    context.route(PICTURES, lambda route: route.abort())
    page = context.new_page()
    log_in(page, address)
    expect(page.get_by_role("heading", level=1)).to_have_text(LIST)
    expect(page.locator(".demo-line")).to_contain_text("This is a demo.")
    expect(page.locator(".demo-line")).to_contain_text("Try:")

    seen = see_until_the_end(page)
    assert {"created", "metadata", "complete", "throttled", "error"} <= set(seen)
    assert seen.index("throttled") < seen.index("summary")

    expect(page.get_by_test_id("summary-toast")).to_contain_text("Import complete")
    expect(page.locator(".card.importing")).to_have_count(0)
    expect(page.get_by_test_id("throttle-banner")).to_have_count(0)
    for state in ("stage=error", "captions=none", "captions=whisper", "captions=auto"):
        page.goto(f"{address}{page_of(page)}?{state}")
        expect(page.get_by_test_id("video-card").first).to_be_visible()
    walk_the_history(page, address)
    context.close()


def page_of(page: Page) -> str:
    link = page.locator("#lists").get_by_role("link", name=LIST)
    return str(link.get_attribute("href"))


def walk_the_history(page: Page, address: str) -> None:
    """The second list makes search, follows, tags and what was watched worth a look."""
    page.locator("#lists").get_by_role("link", name=LECTURES).click()
    expect(page.get_by_test_id("video-card")).to_have_count(12)
    expect(page.locator(".card .tags a").first).to_be_visible()
    expect(page.locator(".seen").first).to_be_visible()
    page.goto(f"{address}/follows/")
    expect(page.locator("main")).to_contain_text(LECTURES)
    expect(page.locator("main")).to_contain_text("next check")
    page.goto(f"{address}/search/?q=Getriebe")
    expect(page.get_by_test_id("search-result").first).to_be_visible()
    page.goto(f"{address}/imports/")
    expect(page.locator("main")).to_contain_text("12 videos imported")
