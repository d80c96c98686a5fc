"""Typing into the search box of a browser: how long it takes from the first letter to the first
results, and from each further letter to its own. On the database of DATABASE_URL, SQLite without.

`SEARCH_HOURS=10000` searches in ten times as much as 1,000 hours.
"""

from __future__ import annotations

import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from benchmarks.search import VIDEOS_AN_HOUR, p95
from benchmarks.spoken_texts import Speaker
from tests.browser.conftest import SWITCHES, find_chromium, sign_in
from tests.standins import YouTubeStandIn
from tests.system import PASSWORD, Caller, System, started

Row = tuple[str, str, str]

WORDS = 40
LETTERS = 5  # of each word
BETWEEN_LETTERS = 150  # ms; somebody who types fast
MOST = 150  # ms
PATIENCE = 10_000  # ms
# Run in the installation's own settings, by `manage.py shell`: it takes minutes.
FILL = """
from django.contrib.auth.models import User
from benchmarks.search import fill
fill({count})
large = User.objects.get(username="large")
large.set_password("{password}")
large.save()
"""
# Types a word letter by letter. Answers for each letter the milliseconds until the panel shows what
# was found for so many letters or more: while an answer is under way the next one is asked for with
# all that was typed meanwhile. The links in the panel say what they were found for.
TYPE = """async ({ word, between, patience }) => {
    const box = document.querySelector("input[name=q]");
    const panel = document.getElementById("quick");
    const typed = [];
    const shown = [];
    const watcher = new MutationObserver(() => {
        const link = panel.querySelector("a[href*='q=']");
        if (link) {
            const found = new URL(link.href).searchParams.get("q");
            shown.push({ at: performance.now(), letters: found.length });
        }
    });
    watcher.observe(panel, { childList: true });
    for (let length = 1; length <= word.length; length += 1) {
        box.value = word.slice(0, length);
        typed.push(performance.now());
        box.dispatchEvent(new Event("input", { bubbles: true }));
        await new Promise((resolve) => setTimeout(resolve, between));
    }
    const firstFor = (letters) => shown.find((each) => each.letters >= letters);
    const end = performance.now() + patience;
    while (!firstFor(word.length) && performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    watcher.disconnect();
    return typed.map((at, place) => firstFor(place + 1).at - at);
}"""
EMPTY = """() => {
    document.querySelector("input[name=q]").value = "";
    document.getElementById("quick").replaceChildren();
}"""


def rows() -> list[Row]:
    hours = int(os.environ.get("SEARCH_HOURS", "1000"))
    with (
        tempfile.TemporaryDirectory(prefix="bench-") as folder,
        YouTubeStandIn() as youtube,
        started(Path(folder), youtube, {}) as system,
        sync_playwright() as player,
    ):
        fill(system, hours * VIDEOS_AN_HOUR)
        browser = player.chromium.launch(executable_path=find_chromium(), args=SWITCHES)
        large = Caller(system.url, "large", "")
        page = sign_in(browser, system, youtube, large).open("/imports/")
        type_word(page, "warm")
        took = [type_word(page, word) for word in words()]
        browser.close()
    return [
        row(hours, "from the first letter to results", [each[0] for each in took]),
        row(hours, "from a further letter to its own", [one for each in took for one in each[1:]]),
    ]


def fill(system: System, count: int) -> None:
    code = FILL.format(count=count, password=PASSWORD)
    command = [sys.executable, "manage.py", "shell", "-c", code]
    environ = {**system.environ, "PYTHONPATH": str(Path.cwd())}
    subprocess.run(command, env=environ, check=True, capture_output=True)


def words() -> list[str]:
    """What people type: words that are said now and then, in two languages."""
    chosen = random.Random("typing")
    speaker = Speaker()
    some = [*speaker.languages["en"].words[400:4_000], *speaker.languages["de"].words[400:4_000]]
    long = [word for word in some if len(word) >= LETTERS and word.isalpha()]
    return [word[:LETTERS] for word in chosen.sample(long, WORDS)]


def type_word(page: Page, word: str) -> list[float]:
    """The milliseconds of each letter."""
    page.evaluate(EMPTY)
    given = {"word": word, "between": BETWEEN_LETTERS, "patience": PATIENCE}
    took: Any = page.evaluate(TYPE, given)
    return [float(one) for one in took]


def row(hours: int, what: str, took: Sequence[float]) -> Row:
    middle = sorted(took)[len(took) // 2]
    return (
        f"search: {what}, p95 ({hours:,} h)",
        f"{p95(took):.0f} ms",
        f"under {MOST} ms; median {middle:.0f}, longest {max(took):.0f}; {len(took)} of them",
    )
