"""Which pages may open a socket."""

from typing import Any

import pytest

from config.origins import is_own_origin


def headers(origin: str, host: str, **more: str) -> dict[bytes, bytes]:
    given = {"origin": origin, "host": host, **more}
    return {
        name.replace("_", "-").encode(): value.encode("latin-1") for name, value in given.items()
    }


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "127.0.0.1:8000"),
        ("http://[::1]:8000", "[::1]:8000"),
        ("http://LOCALHOST", "localhost"),
    ],
)
def test_its_own_pages_may_open_a_socket(settings: Any, origin: str, host: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
    assert is_own_origin(headers(origin, host))


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://localhost:3000", "localhost:8000"),
        ("http://localhost", "localhost:8000"),
        ("https://localhost:8000", "localhost:8000"),
        ("http://127.0.0.1:8000", "localhost:8000"),
        ("http://evil.example", "evil.example"),
        ("http://[", "localhost"),
        ("null", "localhost"),
        ("", ""),
        ("http://", ""),
    ],
)
def test_no_other_page_may_open_a_socket(settings: Any, origin: str, host: str) -> None:
    settings.ALLOWED_HOSTS = ["localhost", "127.0.0.1"]
    assert not is_own_origin(headers(origin, host))


def test_a_proxy_with_tls_is_believed_where_it_is_set_up(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["videos.example.org"]
    ours = headers("https://videos.example.org", "videos.example.org", x_forwarded_proto="https")
    assert not is_own_origin(ours)
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert is_own_origin(ours)


def test_trusted_origins_may_open_a_socket(settings: Any) -> None:
    settings.ALLOWED_HOSTS = ["inside"]
    settings.CSRF_TRUSTED_ORIGINS = ["https://videos.example.org", "https://*.example.net"]
    assert is_own_origin(headers("https://videos.example.org", "inside"))
    assert is_own_origin(headers("https://a.example.net", "inside"))
    assert not is_own_origin(headers("https://videos.example.org:8443", "inside"))
    assert not is_own_origin(headers("http://videos.example.org", "inside"))
