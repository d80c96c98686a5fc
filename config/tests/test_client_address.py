"""Whose address counts behind proxies: never one that the visitor wrote."""

from typing import Any

import pytest

from config.client_address import ClientAddress, visitor_of


def forwarded(*values: str) -> list[tuple[bytes, bytes]]:
    return [(b"x-forwarded-for", value.encode("latin-1")) for value in values]


@pytest.mark.parametrize(
    ("values", "proxies", "visitor"),
    [
        (["203.0.113.7"], 1, "203.0.113.7"),
        (["10.9.8.1, 203.0.113.7"], 1, "203.0.113.7"),
        (["10.9.8.1", "203.0.113.7"], 1, "203.0.113.7"),
        (["10.9.8.1, 203.0.113.7, 192.0.2.1"], 2, "203.0.113.7"),
        (["203.0.113.7"], 2, ""),
        (["203.0.113.7:4711"], 1, "203.0.113.7"),
        (["[2001:db8::1]:4711"], 1, "2001:db8::1"),
        (["2001:DB8:0::1"], 1, "2001:db8::1"),
        (["unknown"], 1, ""),
        (["203.0.113.7,"], 1, ""),
        (["\xff" * 5000], 1, ""),
        ([], 1, ""),
    ],
)
def test_entries_are_counted_from_the_end(values: list[str], proxies: int, visitor: str) -> None:
    assert visitor_of(forwarded(*values), proxies=proxies) == visitor


@pytest.mark.parametrize(("proxies", "seen"), [(0, "127.0.0.1"), (1, "203.0.113.7")])
async def test_the_header_counts_with_proxies_alone(settings: Any, proxies: int, seen: str) -> None:
    async def application(scope: Any, receive: Any, send: Any) -> Any:
        return scope["client"][0]

    settings.TRUSTED_PROXIES = proxies
    scope = {
        "type": "http",
        "headers": forwarded("203.0.113.7"),
        "client": ["127.0.0.1", 5000],
    }
    assert await ClientAddress(application)(scope, None, None) == seen
