"""Every page in every state, light and dark, on a desk and in a hand, in English and German:
`python -m tests.browser.screenshots [FOLDER]`.

Starts an installation of its own against the stand-in, so the pictures show what a person would
see. The three for the README go to docs/, and a moving one of an import.
"""

from __future__ import annotations

import io
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise, product
from pathlib import Path
from typing import Any, Literal

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")

from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.conftest import SWITCHES, Visitor, find_chromium, sign_in
from tests.standins import Failure, Fault, YouTubeStandIn, video_id
from tests.standins.demo import fill
from tests.system import Caller, System

Theme = Literal["light", "dark"]
LANGUAGES = {"en": "en-GB", "de": "de-DE"}
SIZES: dict[str, Any] = {
    "1440": {"viewport": {"width": 1440, "height": 900}},
    "390": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
README = {
    ("list", "en", "light", "1440"): "list.jpg",
    ("video", "en", "light", "1440"): "video.jpg",
    ("importing", "en", "dark", "1440"): "importing.jpg",
}
MOST_BYTES = 300_000  # of a picture in the README
PLAYLIST = "PLdemoSammelwerkUhrenUndMaschinen1"


@contextmanager
def installation(folder: Path) -> Iterator[tuple[System, YouTubeStandIn]]:
    with YouTubeStandIn() as youtube:
        fill(youtube)
        youtube.faults.clear()
        system = System(
            folder / "data",
            youtube,
            {"YOUTUBE_BASE_DELAY": "0", "YOUTUBE_BURST": "80", "YOUTUBE_HOURLY_BUDGET": "100000"},
        )
        system.run()
        try:
            yield system, youtube
        finally:
            system.stop(signal.SIGTERM)


class Studio:
    """Takes the pictures of a page in each theme, size and language."""

    def __init__(
        self,
        browser: Browser,
        system: System,
        youtube: YouTubeStandIn,
        folder: Path,
        caller: Caller,
    ) -> None:
        self.browser, self.system, self.youtube, self.folder, self.caller = (
            browser,
            system,
            youtube,
            folder,
            caller,
        )

    @contextmanager
    def page(self, path: str, theme: Theme, size: str, language: str) -> Iterator[Page]:
        visitor: Visitor = sign_in(
            self.browser,
            self.system,
            self.youtube,
            self.caller,
            color_scheme=theme,
            locale=language,
            reduced_motion="reduce",
            **SIZES[size],
        )
        try:
            yield visitor.open(path)
        finally:
            visitor.context.close()

    def take(
        self,
        name: str,
        path: str,
        act: Callable[[Page], object] = lambda page: None,
    ) -> None:
        themes: tuple[Theme, ...] = ("light", "dark")
        for language, theme, size in product(LANGUAGES, themes, SIZES):
            with self.page(path, theme, size, LANGUAGES[language]) as page:
                if name != "importing":
                    page.wait_for_load_state("networkidle")
                act(page)
                page.screenshot(path=self.folder / f"{name}-{language}-{theme}-{size}.png")
                if (name, language, theme, size) in README:
                    kept = Path("docs") / README[name, language, theme, size]
                    page.screenshot(path=kept, type="jpeg", quality=82)


def open_dialog(page: Page) -> None:
    page.locator("[data-open=import-dialog]").first.click()
    page.locator("#import-text").fill(
        f"https://youtu.be/{video_id(1)}\nhttps://evil.example/watch?v=dQw4w9WgXcQ\n"
        f"{video_id(2)} and {video_id(3)}"
    )
    expect(page.locator(".preview-line")).to_be_visible()


def select_some(page: Page) -> None:
    for number in (1, 2):
        page.locator(".pick input").nth(number).check(force=True)


def show_tip(page: Page) -> None:
    page.locator(".warn").first.focus()
    page.locator(".warn").first.hover()
    expect(page.get_by_test_id("error-tooltip").first).to_be_visible()


def sign_out(page: Page) -> None:
    page.context.clear_cookies()
    page.reload()


def shoot(browser: Browser, system: System, youtube: YouTubeStandIn, folder: Path) -> None:
    caller = system.alice()
    empty = Studio(browser, system, youtube, folder, caller)
    empty.take("welcome", "/")
    list_id, other = caller.new_list("Clocks and mechanics"), caller.new_list("Lectures")
    youtube.catalogue.change(video_id(7), failure=Failure.PRIVATE)
    report = caller.add(
        list_id,
        [f"https://www.youtube.com/playlist?list={PLAYLIST}", video_id(7), "https://vimeo.com/1"],
    )
    caller.finished(report["batch"], 300)
    video = next(
        v
        for v in caller.videos(list_id)
        if v["import_stage"] == "complete" and v["captions_source"] == "manual"
    )
    empty.take("list", f"/lists/{list_id}/")
    empty.take("table", f"/lists/{list_id}/?view=table")
    empty.take("failed", f"/lists/{list_id}/?stage=error&view=cards", show_tip)
    empty.take("selection", f"/lists/{list_id}/?view=cards", select_some)
    empty.take("nothing-found", f"/lists/{list_id}/?q=nothing+like+it")
    empty.take("empty", f"/lists/{other}/")
    empty.take("dialog", f"/lists/{list_id}/", open_dialog)
    empty.take("video", f"/videos/{video['id']}/")
    empty.take("imports", "/imports/")
    empty.take("import", f"/imports/{report['batch']}/")
    empty.take("settings", "/settings/")
    empty.take("not-found", "/nowhere/")
    caller.call("POST", f"/api/lists/{list_id}/follows", json={"url": PLAYLIST})
    for name, path in {
        "follows": f"/lists/{list_id}/follows/",
        "import-page": f"/import/?url=https://www.youtube.com/watch?v={video_id(1)}%26list={PLAYLIST}",
        "bookmarklets": "/import/from-anywhere/",
        "list-new": "/lists/new/",
        "list-delete": f"/lists/{list_id}/delete/",
        "transcript": f"/videos/{video['id']}/transcript/",
        "transcript-upload": f"/videos/{video['id']}/transcript/upload/",
        "password": "/accounts/password_change/",
        "all-videos": "/videos/",
        "search": "/search/?q=the",
        "all-follows": "/follows/",
        "tags": "/tags/",
        "changes": "/changes/",
        "share": f"/lists/{list_id}/share/",
        "webhook": "/settings/webhook/",
        "api": "/api/docs",
        "admin-index": "/admin/",
        "admin": "/admin/importer/importbatch/",
        "admin-import": "/admin/importer/importbatch/bulk/",
    }.items():
        empty.take(name, path)
    empty.take("login", "/accounts/login/", sign_out)
    youtube.faults.add(Fault("slow", delay=1.5))
    caller.add(other, [video_id(500 + n) for n in range(30)])
    empty.take(
        "importing",
        f"/lists/{other}/",
        lambda page: expect(page.locator(".card:not(.importing)").nth(2)).to_be_visible(),
    )
    youtube.faults.clear()
    youtube.faults.add(Fault("status", status=429))
    caller.add(other, [video_id(600 + n) for n in range(30)])
    waits = Studio(browser, system, youtube, folder, caller)
    waits.take(
        "throttled",
        f"/lists/{other}/",
        lambda page: expect(page.get_by_test_id("throttle-banner").first).to_be_visible(
            timeout=60_000
        ),
    )


def film(browser: Browser, system: System, youtube: YouTubeStandIn) -> None:
    """Eight videos from being pasted to being in colour, as one moving picture."""
    caller = system.another()
    list_id = caller.new_list("Escapements")
    size: Any = {"width": 960, "height": 600}
    visitor = sign_in(browser, system, youtube, caller, viewport=size, color_scheme="light")
    page = visitor.open(f"/lists/{list_id}/")
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    youtube.faults.add(Fault("slow", delay=0.7))
    pictures: list[tuple[float, Image.Image]] = []

    def picture() -> None:
        pictures.append(
            (time.monotonic(), Image.open(io.BytesIO(page.screenshot(type="png"))).convert("RGB"))
        )

    picture()
    page.keyboard.press("i")
    page.locator("#import-text").fill(
        "\n".join(f"https://youtu.be/{video_id(700 + n)}" for n in range(8))
    )
    expect(page.locator(".preview-line")).to_be_visible()
    picture()
    page.get_by_test_id("import-dialog").get_by_role("button", name="Import").click()
    expect(page.get_by_test_id("video-card")).to_have_count(8)
    began = time.monotonic()
    while page.locator(".card.importing").count() and time.monotonic() - began < 30:
        picture()
    for _ in range(4):
        picture()
    youtube.faults.clear()
    visitor.context.close()
    write_film(pictures, Path("docs") / "import.webp")


def write_film(pictures: list[tuple[float, Image.Image]], path: Path) -> None:
    """As it was in time, with a second for the beginning, for the dialog and for the end; without
    the pictures on which nothing changed.
    """
    kept = [
        pair
        for i, pair in enumerate(pictures)
        if i == 0 or pair[1].tobytes() != pictures[i - 1][1].tobytes()
    ]
    times = [round(1000 * (after - before)) for (before, _), (after, _) in pairwise(kept)]
    durations = [1000, 1200, *times[2:], 2500]
    first, *rest = [picture for _, picture in kept]
    for quality in range(70, 10, -10):
        first.save(
            path,
            save_all=True,
            append_images=rest,
            duration=durations,
            loop=0,
            quality=quality,
            method=6,
        )
        if path.stat().st_size < MOST_BYTES:
            return


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "screenshots")
    folder.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory(prefix="sammelwerk-pictures-") as data,
        installation(Path(data)) as (system, youtube),
        sync_playwright() as player,
    ):
        browser = player.chromium.launch(executable_path=find_chromium(), args=list(SWITCHES))
        film(browser, system, youtube)
        shoot(browser, system, youtube, folder)
        browser.close()


if __name__ == "__main__":
    main()
