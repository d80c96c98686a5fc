"""The attacks. Each ends by itself after SECONDS, and says what it cost whoever sent it."""

from __future__ import annotations

import contextlib
import io
import json
import socket
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable

import requests
from websockets.exceptions import WebSocketException
from websockets.sync.client import connect

from tests.attacks.target import Target

SECONDS = 20.0
MEGABYTE = 2**20


class Cost:
    """What an attack cost its sender."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.answers: Counter[str] = Counter()
        self.sent = 0  # bytes

    def count(self, answer: object, sent: int = 0) -> None:
        with self.lock:
            self.answers[str(answer)] += 1
            self.sent += sent

    def __str__(self) -> str:
        answers = ", ".join(f"{n} × {name}" for name, n in self.answers.most_common(4))
        return f"{answers or 'nothing'}; {self.sent / MEGABYTE:.1f} MB sent"


def at_once(count: int, work: Callable[[float], None]) -> None:
    """Run `work` in so many threads; it is given the moment at which to stop."""
    until = time.monotonic() + SECONDS
    threads = [threading.Thread(target=work, args=(until,), daemon=True) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 180)


def flood(target: Target, cost: Cost, path: str, headers: str, connections: int) -> None:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n"

    def work(until: float) -> None:
        while time.monotonic() < until:
            try:
                with socket.create_connection(target.address, timeout=30) as client:
                    client.sendall(request.encode())
                    status = client.recv(64)[9:12].decode("latin-1")
                    while client.recv(65536):
                        pass
                cost.count(status or "closed", len(request))
            except OSError as error:
                cost.count(type(error).__name__, len(request))

    at_once(connections, work)


def anonymous_flood(target: Target, cost: Cost) -> None:
    """100 connections ask for the login (H1)."""
    flood(target, cost, "/accounts/login/", "", 100)


def made_up_sessions(target: Target, cost: Cost) -> None:
    """The same with a cookie and a token that nobody was given."""
    headers = f"Cookie: sessionid={'x' * 32}\r\nAuthorization: Token {'0' * 40}\r\n"
    flood(target, cost, "/", headers, 100)


def health_flood(target: Target, cost: Cost) -> None:
    """100 connections ask for /healthz, which is never refused."""
    flood(target, cost, "/healthz", "", 100)


def signed_in_flood(target: Target, cost: Cost) -> None:
    """100 connections of one person search with many words (L4)."""
    cookie = f"Cookie: {target.cookies_of(target.attacker)}\r\n"
    flood(target, cost, "/?q=" + "+".join("word" for _ in range(100)), cookie, 100)


def large_bodies(target: Target, cost: Cost) -> None:
    """Three anonymous bodies of 300 MB (H4)."""
    send_bodies(target, cost, "Content-Length: 314572800", b"x" * MEGABYTE)


def chunked_bodies(target: Target, cost: Cost) -> None:
    """The same without saying how long they are."""
    part = f"{MEGABYTE:x}\r\n".encode() + b"x" * MEGABYTE + b"\r\n"
    send_bodies(target, cost, "Transfer-Encoding: chunked", part)


def send_bodies(target: Target, cost: Cost, length: str, part: bytes) -> None:
    head = f"POST /healthz HTTP/1.1\r\nHost: localhost\r\n{length}\r\n\r\n".encode()

    def work(until: float) -> None:
        sent = 0
        answer = "closed"
        try:
            with socket.create_connection(target.address, timeout=60) as client:
                client.sendall(head)
                while sent < 300 * MEGABYTE and time.monotonic() < until:
                    client.sendall(part)
                    sent += len(part)
                client.settimeout(10)
                answer = client.recv(64)[9:12].decode("latin-1") or "closed"
        except OSError as error:
            answer = type(error).__name__
        cost.count(answer, sent)

    at_once(3, work)


def socket_flood(target: Target, cost: Cost) -> None:
    """Six sockets of one person ask for `sync` as fast as they can (H2)."""
    headers = {"Cookie": target.cookies_of(target.attacker), "Origin": target.url}
    address = target.url.replace("http", "ws") + "/ws/progress"

    def work(until: float) -> None:
        while time.monotonic() < until:
            with (
                contextlib.suppress(OSError, WebSocketException, TimeoutError),
                connect(address, additional_headers=headers, proxy=None) as opened,
            ):
                frame = json.dumps({"action": "sync"})
                while time.monotonic() < until:
                    opened.send(frame)
                    cost.count("frame", len(frame))
            cost.count("closed")

    at_once(6, work)


def zip_of_look_alikes(target: Target, cost: Cost) -> None:
    """A small ZIP of a page with 5,000 links that nearly name YouTube (H5)."""
    label = "yozzzzutbe."
    links = "".join(f'<a href="//{n:x}.{label * 150}x/">x</a>' for n in range(5_000))
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bookmarks.html", "<!DOCTYPE NETSCAPE-Bookmark-file-1>" + links)
    preview(target, cost, "bookmarks.zip", packed.getvalue(), senders=4)


def json_of_nothing(target: Target, cost: Cost) -> None:
    """A JSON file of 19 MB with nothing in it (H5)."""
    content = b"[" + b",".join([b'{"":0}'] * 2_800_000) + b"]"
    preview(target, cost, "watch-history.json", content, senders=2)


def preview(target: Target, cost: Cost, name: str, content: bytes, *, senders: int) -> None:
    browser = target.session_of(target.attacker)

    def work(until: float) -> None:
        began = time.monotonic()
        try:
            answer = target.post_form(
                browser, "/import/preview/", {"text": ""}, files={"files": (name, content)}
            )
            status = f"{answer.status_code} in {time.monotonic() - began:.0f} s"
        except requests.RequestException as error:
            status = type(error).__name__
        cost.count(status, len(content))

    at_once(senders, work)


def nul_exports(target: Target, cost: Cost) -> None:
    """Twenty exports with a NUL in the filter, which PostgreSQL refuses (H3)."""
    browser = target.session_of(target.attacker)
    path = f"/lists/{target.new_list(target.attacker, 'nul')}/export/"
    for _ in range(20):
        try:
            answer = target.post_form(browser, path, {"all": "1", "query": "q=a%00b"})
            cost.count(answer.status_code)
        except requests.RequestException as error:
            cost.count(type(error).__name__)


def import_flood(target: Target, cost: Cost) -> None:
    """Four connections of one person import 10,000 new ids each, again and again (H6)."""
    list_id = target.new_list(target.attacker, "flood")
    turns = iter(range(10_000))

    def work(until: float) -> None:
        while time.monotonic() < until:
            turn = next(turns)
            urls = [f"{turn:05}{n:06}" for n in range(10_000)]
            try:
                answer = target.call(
                    target.attacker, f"/api/lists/{list_id}/videos/batch", {"urls": urls}
                )
                cost.count(answer.status_code, 140_000)
                if answer.status_code != 201:
                    time.sleep(0.2)
            except requests.RequestException as error:
                cost.count(type(error).__name__)

    at_once(4, work)


def password_guesses(target: Target, cost: Cost) -> None:
    """Wrong passwords for the other's name; their own browser signs in all the same (M5)."""
    browser = target.session_of(target.other)
    guesser = requests.Session()
    guesser.trust_env = False
    guesser.get(f"{target.url}/accounts/login/", timeout=30)
    for n in range(25):
        form = {"username": target.other.name, "password": f"guess {n}"}
        cost.count(target.post_form(guesser, "/accounts/login/", form).status_code)
    form = {"username": target.other.name, "password": target.other.password}
    own = target.post_form(browser, "/accounts/login/", form)
    cost.count(f"the owner's own browser: {own.status_code}")


ATTACKS: dict[str, Callable[[Target, Cost], None]] = {
    attack.__name__: attack
    for attack in (
        anonymous_flood,
        made_up_sessions,
        health_flood,
        large_bodies,
        chunked_bodies,
        signed_in_flood,
        socket_flood,
        zip_of_look_alikes,
        json_of_nothing,
        nul_exports,
        import_flood,
        password_guesses,
    )
}
