"""Pages in a browser: a list of 10,000 on the server and while scrolling, 1,000 videos importing with the list open."""

from __future__ import annotations

import re
import statistics
import struct
import tempfile
import time
import zlib
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import PICTURES, SWITCHES, find_chromium, sign_in
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER, Caller, System, started

Row = tuple[str, str, str]

# What the page does while nobody touches it: tasks that block, what moves, how much memory there is.
WATCH = """
window.watched = { long: [], shift: 0, shifted: [], messages: [] };
const watch = (type, act) => new PerformanceObserver((list) => list.getEntries().forEach(act)).observe({ type, buffered: true });
watch("longtask", (each) => watched.long.push([Math.round(each.startTime), Math.round(each.duration)]));
watch("layout-shift", (each) => {
    watched.shift += each.value;
    watched.shifted.push([each.value, ...each.sources.map(({ node }) => node?.outerHTML?.slice(0, 60))]);
});
window.WebSocket = class extends WebSocket {
    constructor(...all) {
        super(...all);
        this.addEventListener("message", () => watched.messages.push(performance.now()));
    }
};
"""
# The time between two frames while cards turn, and what is animated.
FRAMES = """(seconds) => new Promise((resolve) => {
    const times = [];
    const animated = new Set();
    const tick = (now) => {
        times.push(now);
        document.getAnimations().forEach((each) => animated.add(each.transitionProperty ?? each.animationName));
        if (now - times[0] < seconds * 1000) requestAnimationFrame(tick);
        else resolve([times.slice(1).map((time, i) => time - times[i]), [...animated]]);
    };
    requestAnimationFrame(tick);
})"""


def raster(width: int, height: int) -> bytes:
    """A PNG, as cheap to show as YouTube's JPEGs: each SVG of the stand-in is a document to the browser, and thousands choke it."""
    lines = b"".join(b"\0" + bytes(shade * 200 // width for shade in range(width)) for _ in range(height))
    chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", zlib.compress(lines)), (b"IEND", b"")]
    packed = (struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(packed)


def rows() -> list[Row]:
    picture = raster(320, 180)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        with (
            YouTubeStandIn() as youtube,
            started(folder, youtube, {**EAGER, "MAX_BATCH_LINES": "20000"}) as system,
            sync_playwright() as player,
        ):
            # As a person's browser: a page nobody looks at is not drawn.
            browser = player.chromium.launch(executable_path=find_chromium(), args=[*SWITCHES, "--enable-precise-memory-info"])
            alice = system.alice()
            visitor = sign_in(browser, system, youtube, alice)
            visitor.context.route(PICTURES, lambda route: route.fulfill(content_type="image/png", body=picture))
            visitor.context.add_init_script(WATCH)
            list_id = alice.new_list("importing")
            page = visitor.open(f"/lists/{list_id}/")
            found = importing(page, alice, list_id)
            page.close()
            alice.call("POST", f"/api/imports/{alice.call('GET', '/api/imports').json()['results'][0]['id']}/cancel")
            found += long_list(visitor.open, system, alice)
            browser.close()
    return found


def importing(page: Page, alice: Caller, list_id: int) -> list[Row]:
    """The first two pages of the list are open, so that 120 cards are on the page and 1,000 videos move."""
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.evaluate("watched.long.length = watched.messages.length = watched.shift = 0")
    page.wait_for_timeout(3000)
    idle = page.evaluate("Math.max(0, ...watched.long.map(([, duration]) => duration))")
    began = time.monotonic()
    batch = alice.add(list_id, [video_id(n) for n in range(1000)])["batch"]
    expect(page.get_by_test_id("video-card")).to_have_count(60, timeout=30_000)
    page.evaluate("watched.long.length = watched.messages.length = 0")  # what moved stays counted
    heap = [memory(page)]
    gaps, animated = page.evaluate(FRAMES, 10)
    while alice.progress(batch)["state"] != "finished" and time.monotonic() - began < 60:
        page.wait_for_timeout(5000)
        heap.append(memory(page))
    took = time.monotonic() - began
    watched = page.evaluate("watched")
    nodes = page.evaluate("document.querySelectorAll('*').length")
    longest = max((duration for _, duration in watched["long"]), default=0)
    messages = watched["messages"]
    in_ten_seconds = max(sum(one <= other < one + 10_000 for other in messages) for one in messages)
    return [
        (
            "importing 1,000: longest task of the main thread",
            f"{longest} ms" if longest else "< 50 ms",
            f"at most 50 ms; {idle or '< 50'} ms idle",
        ),
        (
            "importing 1,000: messages a second, the fullest ten seconds",
            f"{in_ten_seconds / 10:.1f}",
            f"at most 4; {len(messages)} in {took:.0f} s",
        ),
        (
            "importing 1,000: memory after the first minute, at the end",
            f"{heap[-1]:.1f} MB",
            f"{heap[len(heap) // 2]:.1f} MB halfway; {nodes} elements",
        ),
        ("importing 1,000: cumulative layout shift", f"{watched['shift']:.4f}", "under 0.02"),
        (
            "importing 1,000: time between two drawn frames, median",
            f"{statistics.median(gaps):.1f} ms",
            f"p95 {statistics.quantiles(gaps, n=20)[-1]:.1f} ms; 16.7 is 60 a second; {', '.join(sorted(animated))} change",
        ),
    ]


def memory(page: Page) -> float:
    """MB of the page's objects, after what is garbage was taken away."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return float(used) / 1e6


def long_list(open_page: Any, system: System, alice: Caller) -> list[Row]:
    list_id = alice.new_list("long")
    batch = alice.add(list_id, [video_id(10_000 + n) for n in range(10_000)])["batch"]
    alice.call("POST", f"/api/imports/{batch}/pause")
    browser = alice.browser()

    def ask(query: str = "") -> tuple[float, str]:
        began = time.perf_counter()
        answer = browser.get(f"{system.url}/lists/{list_id}/{query}", timeout=30)
        return (time.perf_counter() - began) * 1000, answer.text

    first = [ask() for _ in range(20)]
    top = int(re.findall(r'data-position="(\d+)"', first[0][1])[0])
    pages = {depth: statistics.median(ask(f"?before={top - depth}")[0] for _ in range(10)) for depth in (60, 5000, 9900)}
    page: Page = open_page(f"/lists/{list_id}/")
    began, marks, shown = time.monotonic(), {0: 0.0}, 0
    while shown < 5000 and time.monotonic() - began < 40:
        page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        if (count := page.get_by_test_id("video-card").count()) > shown:
            shown = count
            marks[shown] = time.monotonic() - began
    steps = list(marks.values())
    early, late = steps[10] - steps[0], steps[-1] - steps[-11]
    return [
        (
            "list of 10,000: the first page",
            f"{statistics.median(t for t, _ in first):.0f} ms",
            f"at most 100 ms; {len(first[0][1]) / 1000:.0f} kB, under 150",
        ),
        (
            "list of 10,000: the page below the 5,000th",
            f"{pages[5000]:.0f} ms",
            f"below the 60th {pages[60]:.0f} ms, the 9,900th {pages[9900]:.0f} ms",
        ),
        (
            f"list of 10,000: ten pages scrolled at the {shown:,}th video",
            f"{late:.1f} s",
            f"at the first {early:.1f} s; {shown} in {steps[-1]:.0f} s",
        ),
    ]
