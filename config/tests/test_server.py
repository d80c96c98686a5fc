"""The web server itself, in a process of its own."""

import socket
import subprocess
import sys

from tests.installation import free_port, wait_for


def test_a_response_that_broke_off_ends_the_connection() -> None:
    port = free_port()
    command = [sys.executable, "-m", "config.server", "--port", str(port), "--verbosity", "0"]
    server = subprocess.Popen(
        [*command, "tests.asgi_that_breaks:application"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(lambda: is_open(port))
        with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
            client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            received = read_until_closed(client)
    finally:
        server.kill()
        server.wait()
    assert b"first part" in received
    assert not received.endswith(b"0\r\n\r\n"), "the body must not look whole"


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
