"""A real Chromium on a real installation: everything a page says to its console, or moves without
being asked, is remembered.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Frame, Page, Route, expect, sync_playwright

from tests.standins import YouTubeStandIn
from tests.system import PASSWORD, Caller, System

SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",  # one process less to talk to
)
BROWSERS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
)  # the lightest first
PATIENCE = 15_000  # milliseconds: a busy machine's
expect.set_options(timeout=PATIENCE)
PICTURES = re.compile(r"https://(img\.youtube|i\.ytimg)\.com/.*")
PLAYER = re.compile(r"https://www\.youtube-nocookie\.com/.*")


def find_chromium() -> str:
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    if found:
        return found
    if os.environ.get("CI"):
        pytest.fail("no Chromium was found")
    pytest.skip(
        "no Chromium was found: apt-get install chromium-headless-shell, or name one in CHROMIUM"
    )


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    path = find_chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(SWITCHES))
        yield browser
        browser.close()


@dataclass
class Watched:
    """What happened in a page besides what the test asked for."""

    complaints: list[str] = field(
        default_factory=list
    )  # errors, warnings, violations of the content security policy
    visits: list[str] = field(default_factory=list)  # every navigation of the page
    answers: list[str] = field(
        default_factory=list
    )  # "GET /path" of every request to the installation


@dataclass
class Visitor:
    """Somebody signed in, with a browser and a REST session of the same account."""

    caller: Caller
    context: BrowserContext
    system: System
    watched: Watched
    allowed: tuple[str, ...] = ()  # what the test itself provokes, as parts of complaints

    def open(self, path: str = "/") -> Page:
        page = self.context.new_page()
        page.on("console", lambda message: self._heard(message.type, message.text))
        page.on("pageerror", lambda error: self.watched.complaints.append(str(error)))
        page.on(
            "request",
            lambda request: self.watched.answers.append(
                f"{request.method} {request.url.removeprefix(self.system.url)}"
            ),
        )
        page.goto(self.system.url + path)
        page.on("framenavigated", self._moved)
        return page

    def _moved(self, frame: Frame) -> None:
        if frame.parent_frame is None:
            self.watched.visits.append(frame.url)

    def _heard(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.watched.complaints.append(text)

    @property
    def unexpected(self) -> list[str]:
        return [
            text
            for text in self.watched.complaints
            if not any(part in text for part in self.allowed)
        ]


Visit = Callable[..., Visitor]


@pytest.fixture
def visit(chromium: Browser, system: System, youtube: YouTubeStandIn) -> Iterator[Visit]:
    """`visit(locale=…, java_script_enabled=…)`: a new user with a browser.

    At the end nothing may have been complained about.
    """
    visitors: list[Visitor] = []

    def come(caller: Caller | None = None, **options: Any) -> Visitor:
        visitor = sign_in(chromium, system, youtube, caller or system.another(), **options)
        visitors.append(visitor)
        return visitor

    yield come
    complaints = [text for visitor in visitors for text in visitor.unexpected]
    for visitor in visitors:
        visitor.context.close()
    assert complaints == []


def sign_in(
    chromium: Browser, system: System, youtube: YouTubeStandIn, caller: Caller, **options: Any
) -> Visitor:
    context = chromium.new_context(
        **{"locale": "en-GB", "viewport": {"width": 1280, "height": 900}, **options}
    )
    context.set_default_timeout(PATIENCE)
    context.route(PICTURES, lambda route: picture(route, youtube))
    context.route(
        PLAYER, lambda route: route.fulfill(content_type="text/html", body="<title>Player</title>")
    )
    cookies = caller.browser().cookies
    context.add_cookies(
        [
            {"name": cookie.name, "value": cookie.value or "", "url": system.url}
            for cookie in cookies
        ]
    )
    return Visitor(caller, context, system, Watched())


def picture(route: Route, youtube: YouTubeStandIn) -> None:
    answer = youtube.picture(route.request.url.split("/vi/")[1].split("/")[0])
    route.fulfill(status=answer.status, content_type=answer.content_type, body=answer.body)


__all__ = ["PASSWORD", "Visit", "Visitor", "sign_in"]
