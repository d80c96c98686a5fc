"""Pages in a browser: a list of 10,000 on the server and while scrolling, 1,000 videos importing
with the list open.
"""

from __future__ import annotations

import json
import re
import statistics
import struct
import tempfile
import time
import zlib
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

from django.conf import settings
from playwright.sync_api import Page, expect, sync_playwright

from tests.browser.conftest import PICTURES, SWITCHES, find_chromium, sign_in
from tests.standins import YouTubeStandIn, video_id
from tests.system import EAGER, Caller, System, started

Row = tuple[str, str, str]

# What the page does while nobody touches it: tasks that block, what moves, how much memory there
# is.
WATCH = """
window.watched = { long: [], ours: [], shift: 0, shifted: [], messages: [], animated: new Set() };
const watch = (type, act) => {
    const observer = new PerformanceObserver((list) => list.getEntries().forEach(act));
    observer.observe({ type, buffered: true });
};
watch("longtask", (each) => {
    watched.long.push([Math.round(each.startTime), Math.round(each.duration)]);
});
watch("layout-shift", (each) => {
    watched.shift += each.value;
    const moved = each.sources.map(({ node }) => node?.outerHTML?.slice(0, 60));
    watched.shifted.push([each.value, ...moved]);
});
window.WebSocket = class extends WebSocket {
    constructor(...all) {
        super(...all);
        this.addEventListener("message", () => watched.messages.push(performance.now()));
    }
};
"""
# What is animated while cards turn.
ANIMATED = """setInterval(() => document.getAnimations().forEach((each) => {
    watched.animated.add(each.transitionProperty ?? each.animationName);
}), 50)"""
# Those are for the compositor or paint alone: none of them moves anything.
CHEAP = {"filter", "opacity", "stroke-dashoffset", "translate"}
TRACED = ["-*", "cc", "benchmark", "disabled-by-default-devtools.timeline.frame"]
# Scrolls to the end again and again until so many cards are there; the moments, in milliseconds, at
# which there were more.
SCROLL = """(most) => new Promise((resolve) => {
    const grid = document.getElementById("cards");
    // Counted anew after each change, which takes longer the more there are.
    const cards = document.getElementsByClassName("card");
    let pages = grid.childElementCount;
    const began = performance.now();
    const times = [0];
    let shown = cards.length;
    const step = (now) => {
        scrollTo(0, document.documentElement.scrollHeight);
        if (grid.childElementCount !== pages) {
            pages = grid.childElementCount;
            if (cards.length > shown) times.push(now - began);
            shown = cards.length;
        }
        if (shown < most && now - began < 60_000) requestAnimationFrame(step);
        else resolve(times);
    };
    requestAnimationFrame(step);
})"""
# Asked in the installation's own process: the page as Alice gets it, once to be warm and once
# counted.
COUNT_QUERIES = """
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
client = Client(SERVER_NAME="127.0.0.1")
client.force_login(User.objects.get(username="alice"))
client.get("/lists/{list_id}/")
with CaptureQueriesContext(connection) as queries:
    assert client.get("/lists/{list_id}/").status_code == 200
print("queries:", len(queries))
"""


def raster(width: int, height: int) -> bytes:
    """A PNG, as cheap to show as YouTube's JPEGs: each SVG of the stand-in is a document to the
    browser, and thousands choke it.
    """
    lines = b"".join(
        b"\0" + bytes(shade * 200 // width for shade in range(width)) for _ in range(height)
    )
    chunks = [
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)),
        (b"IDAT", zlib.compress(lines)),
        (b"IEND", b""),
    ]
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
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
            browser = player.chromium.launch(
                executable_path=find_chromium(), args=[*SWITCHES, "--enable-precise-memory-info"]
            )
            alice = system.alice()
            visitor = sign_in(browser, system, youtube, alice)
            visitor.context.route(
                PICTURES, lambda route: route.fulfill(content_type="image/png", body=picture)
            )
            visitor.context.add_init_script(WATCH)
            list_id = alice.new_list("importing")
            page = visitor.open(f"/lists/{list_id}/")
            found = importing(page, alice, list_id)
            page.close()
            found.append(own_bytes())
            imports = alice.call("GET", "/api/imports").json()["results"]
            alice.call("POST", f"/api/imports/{imports[0]['id']}/cancel")
            found += long_list(visitor.open, system, alice)
            browser.close()
    return found


def importing(page: Page, alice: Caller, list_id: int) -> list[Row]:
    """The first page of the list is open while 1,000 videos move.

    All of it counts, from the first card on.
    """
    expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")
    page.evaluate("watched.long.length = watched.messages.length = watched.shift = 0")
    page.wait_for_timeout(3000)
    idle = page.evaluate("Math.max(0, ...watched.long.map(([, duration]) => duration))")
    page.evaluate(ANIMATED)
    began = time.monotonic()
    batch = alice.add(list_id, [video_id(n) for n in range(1000)])["batch"]
    expect(page.get_by_test_id("video-card")).to_have_count(60, timeout=30_000)
    heap = [memory(page)]
    dropped, drawn = frames_while(page, seconds=10)
    while alice.progress(batch)["state"] != "finished" and time.monotonic() - began < 60:
        page.wait_for_timeout(5000)
        heap.append(memory(page))
    took = time.monotonic() - began
    watched = page.evaluate("({ ...watched, animated: [...watched.animated] })")
    nodes = page.evaluate("document.querySelectorAll('*').length")
    tasks = [
        took
        for at, took in watched["long"]
        if not any(start <= at <= end for start, end in watched["ours"])
    ]
    messages = watched["messages"]
    fullest = {
        width: max(sum(one <= other < one + width for other in messages) for one in messages)
        for width in (1000, 10_000)
    }
    dear = set(watched["animated"]) - CHEAP
    return [
        (
            "importing 1,000: longest task of the main thread",
            f"{max(tasks)} ms" if tasks else "< 50 ms",
            f"at most 50 ms; {len(tasks)} longer in {took:.0f} s; {idle or '< 50'} ms idle",
        ),
        (
            "importing 1,000: messages a second, the fullest ten seconds",
            f"{fullest[10_000] / 10:.1f}",
            f"at most 4; {fullest[1000]} in the fullest second, {len(messages)} in all",
        ),
        (
            "importing 1,000: growth of the page's memory",
            f"{heap[-1] - heap[0]:+.1f} MB",
            f"flat; {heap[0]:.1f} with the first cards, {heap[len(heap) // 2]:.1f} halfway, "
            f"{heap[-1]:.1f} at the end; {nodes} elements",
        ),
        ("importing 1,000: cumulative layout shift", f"{watched['shift']:.4f}", "under 0.02"),
        (
            "importing 1,000: frames dropped while rings turn and colour comes",
            f"{100 * dropped / max(1, drawn + dropped):.1f} %",
            f"at most 5; {dropped} of {dropped + drawn}; "
            f"{', '.join(sorted(dear)) or 'nothing'} animated that moves the page",
        ),
    ]


def frames_while(page: Page, *, seconds: int) -> tuple[int, int]:
    """Frames dropped and drawn of those in which something was animated, as the browser's own trace
    reports them.
    """
    browser = page.context.browser
    assert browser
    browser.start_tracing(page=page, categories=TRACED)
    page.wait_for_timeout(seconds * 1000)
    states = defaultdict(set)
    for event in json.loads(browser.stop_tracing())["traceEvents"]:
        frame = (
            event.get("args", {}).get("frame_reporter")
            if event["name"] == "PipelineReporter"
            else None
        )
        if frame and (frame["has_main_animation"] or frame["has_compositor_animation"]):
            states[frame["frame_sequence"]].add(frame["state"])
    wanted = [state for state in states.values() if state != {"STATE_NO_UPDATE_DESIRED"}]
    dropped = sum(state == {"STATE_DROPPED"} for state in wanted)
    return dropped, len(wanted) - dropped


def memory(page: Page) -> float:
    """MB of the page's objects, after what is garbage was taken away.

    That is a long task of ours, not of the page.
    """
    session = page.context.new_cdp_session(page)
    began = page.evaluate("performance.now()")
    session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    page.evaluate("(began) => watched.ours.push([began - 1, performance.now()])", began)
    session.detach()
    return float(used) / 1e6


def own_bytes() -> Row:
    files = {
        kind: list((Path(settings.BASE_DIR) / "static" / kind).iterdir()) for kind in ("css", "js")
    }
    sizes = {kind: sum(path.stat().st_size for path in each) for kind, each in files.items()}
    lines = sum(len(path.read_text().splitlines()) for path in files["js"])
    return (
        "own styles and scripts, bytes",
        f"{sum(sizes.values()):,}",
        f"under 60,000; {sizes['css']:,} of CSS, {sizes['js']:,} of JavaScript in {lines} lines",
    )


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
    queries = int(
        system.manage("shell", "-c", COUNT_QUERIES.format(list_id=list_id)).partition("queries:")[2]
    )
    top = int(re.findall(r'data-position="(\d+)"', first[0][1])[0])
    pages = {
        depth: statistics.median(ask(f"?before={top - depth}")[0] for _ in range(10))
        for depth in (60, 5000, 9900)
    }
    page: Page = open_page(f"/lists/{list_id}/")
    moments = page.evaluate(SCROLL, 5000)
    shown = page.get_by_test_id("video-card").count()
    took = [after - before for before, after in pairwise(moments)]
    early, late = statistics.median(took[:20]), statistics.median(took[-20:])
    return [
        (
            "list of 10,000: the first page",
            f"{statistics.median(t for t, _ in first):.0f} ms",
            f"at most 100 ms; {queries} queries, at most 12; "
            f"{len(first[0][1].encode()) / 1000:.0f} kB, under 150",
        ),
        (
            "list of 10,000: the page below the 5,000th",
            f"{pages[5000]:.0f} ms",
            f"below the 60th {pages[60]:.0f} ms, the 9,900th {pages[9900]:.0f} ms",
        ),
        (
            f"list of 10,000: a page more while scrolling, up to the {shown:,}th video",
            f"{late:.0f} ms",
            f"median of the last 20, of the first 20 {early:.0f}; "
            f"{shown:,} in {moments[-1] / 1000:.0f} s",
        ),
    ]
