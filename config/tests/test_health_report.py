"""What the supervisor reads of `/healthz`."""

import http.server
import threading
from collections.abc import Callable, Iterator

import pytest

from config.supervisor.health import ask
from config.supervisor.plan import Health


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], Health]]:
    """Start a web server that answers everything with these bytes."""
    servers = []

    def start(body: bytes) -> Health:
        class Web(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(200)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = http.server.HTTPServer(("127.0.0.1", 0), Web)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        servers.append((server, thread))
        return Health("127.0.0.1", server.server_port, {})

    yield start
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_health_report_names_parts(answering: Callable[[bytes], Health]) -> None:
    report = ask(answering(b'{"redis": "down"}'))
    assert report == {"web": "ok", "redis": "down"}


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"null"])
def test_health_report_of_anything_else_knows_the_web_server(
    answering: Callable[[bytes], Health], body: bytes
) -> None:
    assert ask(answering(body)) == {"web": "ok"}
