"""The addresses of the parts that `make run` starts."""

from typing import Any

import pytest

from config.supervisor.embedded import web_address


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", "http://127.0.0.1:8123"),
        ("0.0.0.0", "http://127.0.0.1:8123"),
        ("::", "http://[::1]:8123"),
    ],
)
def test_web_address_opens_in_a_browser(settings: Any, host: str, address: str) -> None:
    settings.HOST, settings.PORT = host, 8123
    assert web_address() == address
