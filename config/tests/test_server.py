"""The web server itself, in a process of its own."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.server import (
    FRAMES_BEFORE_CUT,
    LARGEST_FORM,
    LARGEST_KEPT_TEXT,
    LARGEST_OF_STRANGERS,
    LARGEST_UPLOAD,
    MOST_UNSENT,
    largest_body,
)
from config.supervisor.plan import Part
from config.supervisor.supervisor import HEARTBEAT_SECONDS, has_heartbeat
from tests.asgi_that_breaks import PART
from tests.installation import free_port, wait_for

FRAME = b"\x81\x81\x00\x00\x00\x00x"  # of one letter, as a browser sends it
SETTINGS_MODULE = "DJANGO_SETTINGS_MODULE"


@pytest.fixture(scope="module")
def heartbeat_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("web") / "heartbeat"


@pytest.fixture(scope="module")
def port(heartbeat_file: Path) -> Iterator[int]:
    """A server of an application whose answers break off."""
    port = free_port()
    command = [sys.executable, "-m", "config.server", "--port", str(port), "--verbosity", "0"]
    server = subprocess.Popen(
        [*command, "tests.asgi_that_breaks:application"],
        env={**os.environ, "HEARTBEAT_FILE": str(heartbeat_file)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: is_open(port))
        yield port
    finally:
        server.kill()
        server.wait()


@pytest.mark.slow
def test_the_server_needs_no_settings_module(tmp_path: Path) -> None:
    """Started as the image starts it, without the supervisor, which passes one on."""
    environ = {name: value for name, value in os.environ.items() if name != SETTINGS_MODULE}
    subprocess.run(
        [sys.executable, "-m", "config.server", "--help"],
        env=environ | {"DATA_DIR": str(tmp_path)},
        check=True,
        capture_output=True,
        timeout=60,
    )


def ask(port: int, request: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(request)
        return read_until_closed(client)


def test_a_response_that_broke_off_ends_the_connection(port: int) -> None:
    received = ask(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")

    assert b"first part" in received
    assert not received.endswith(b"0\r\n\r\n"), "the body must not look whole"


def test_a_body_that_is_too_large_is_refused_at_once(port: int) -> None:
    """Only the length is sent: who waits for the body would wait for ever."""
    head = b"POST /api/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 400000000\r\n\r\n"

    received = ask(port, head)

    assert received.startswith(b"HTTP/1.1 413 ")


def test_a_chunked_body_is_counted_while_it_comes(port: int) -> None:
    head = b"POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
    chunk = b"8000\r\n" + 0x8000 * b"x" + b"\r\n"

    received = ask(port, head + 3 * chunk)

    assert received.startswith(b"HTTP/1.1 413 ")


def test_forms_are_left_to_the_application(port: int) -> None:
    """Twisted would read this one as well, and refuse it: it is no form.

    A form of 19 MB took 216 MB of memory then, and its time from everybody.
    """
    head = (
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
    )

    received = ask(port, head + b"x")

    assert b"first part" in received


@pytest.mark.parametrize(
    ("path", "is_known", "most"),
    [
        (b"/import/", True, LARGEST_UPLOAD),
        (b"/lists/7/import/", True, LARGEST_UPLOAD),
        (b"/admin/importer/importbatch/bulk/?x", True, LARGEST_UPLOAD),
        (b"/videos/7/transcript/upload/", True, LARGEST_UPLOAD),
        (b"/import/", False, LARGEST_KEPT_TEXT),
        (b"/api/lists/7/videos/batch", True, LARGEST_FORM),
        (b"/accounts/login/?next=/", False, LARGEST_KEPT_TEXT),
        (b"/healthz", False, LARGEST_OF_STRANGERS),
    ],
)
def test_largest_body_depends_on_address_and_caller(path: bytes, is_known: bool, most: int) -> None:
    assert largest_body(path, is_known=is_known) == most


def test_the_event_loop_writes_a_heartbeat(port: int, heartbeat_file: Path) -> None:
    part = Part("web", "The web server", (), heartbeat_file=str(heartbeat_file))
    wait_for(heartbeat_file.exists)
    assert has_heartbeat(part)

    old = heartbeat_file.stat().st_mtime - 2 * HEARTBEAT_SECONDS
    os.utime(heartbeat_file, (old, old))
    wait_for(lambda: has_heartbeat(part))


def test_a_socket_that_floods_is_cut_at_once(port: int) -> None:
    """Its frames are not read to the end; a close in good order would wait for that."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        client.sendall(opening(b"/ws"))
        assert client.recv(4096).startswith(b"HTTP/1.1 101 ")
        client.sendall(FRAME * FRAMES_BEFORE_CUT)
        client.sendall(FRAME * FRAMES_BEFORE_CUT)
        assert read_until_closed(client) == b"", "no close frame: the connection is gone"


def test_a_socket_that_reads_nothing_is_cut(port: int) -> None:
    """Its memory is bounded, and one that reads is sent more than that meanwhile."""
    address = ("127.0.0.1", port)
    with (
        socket.create_connection(address, timeout=10) as idle,
        socket.create_connection(address, timeout=10) as reading,
    ):
        idle.sendall(opening(b"/much"))
        reading.sendall(opening(b"/answers"))
        assert reading.recv(4096).startswith(b"HTTP/1.1 101 ")
        for _ in range(3 * MOST_UNSENT // len(PART)):
            reading.sendall(FRAME)
            read(reading, len(PART))
        wait_for(lambda: b"1 cut" in ask(port, b"GET /cut HTTP/1.0\r\n\r\n"), seconds=20)


def read(client: socket.socket, size: int) -> None:
    while size > 0:
        part = client.recv(65536)
        assert part, "it was cut"
        size -= len(part)


def opening(path: bytes) -> bytes:
    """What opens a WebSocket."""
    return (
        b"GET " + path + b" HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n"
        b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Key: MDEyMzQ1Njc4OTAxMjM0NQ==\r\n\r\n"
    )


def is_open(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def read_until_closed(client: socket.socket) -> bytes:
    """What came until the server closed or reset the connection; TimeoutError if it does not."""
    received = b""
    try:
        while part := client.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received
