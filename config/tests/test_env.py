"""Settings from the environment and `.env`: who wins, what an error says, and what TLS turns on."""

from __future__ import annotations

import re
import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from config.env import Env, read_dotenv

SECRET = "geheim-4711"


def env(tmp_path: Path, dotenv: str = "", **environ: str) -> Env:
    (tmp_path / ".env").write_text(dotenv, encoding="utf-8")
    return Env(tmp_path / ".env", environ)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    both = env(tmp_path, "PORT=1\nHOST=file\n", PORT="2")
    assert (both.integer("PORT", 3), both.text("HOST")) == (2, "file")


def test_an_empty_value_is_none_given(tmp_path: Path) -> None:
    assert env(tmp_path, "PORT=1\n", PORT="").integer("PORT", 3) == 3


def test_a_file_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / "none") == {}


def test_the_file_may_be_written_in_many_ways(tmp_path: Path) -> None:
    lines = ["# A=1", "", "export B=2", " C = '3' ", 'D="4=4"', "no value", "E="]
    (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")
    assert read_dotenv(tmp_path / ".env") == {"B": "2", "C": "3", "D": "4=4", "E": ""}


WRONG: dict[str, Callable[[Env], Any]] = {
    "boolean": lambda env: env.boolean("NAME", default=False),
    "integer": lambda env: env.integer("NAME", 1),
    "seconds": lambda env: env.seconds("NAME", 1.0),
    "file": lambda env: env.file("NAME"),
    "address": lambda env: env.address("NAME", "", ("https",)),
    "addresses": lambda env: env.addresses("NAME", ("https",)),
}


@pytest.mark.parametrize("kind", WRONG)
def test_an_error_names_the_setting_and_no_value(tmp_path: Path, kind: str) -> None:
    """The value may be a password."""
    with pytest.raises(ImproperlyConfigured) as raised:
        WRONG[kind](env(tmp_path, NAME=SECRET))
    assert str(raised.value).startswith("NAME cannot be read: it takes ")
    assert SECRET not in str(raised.value)
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__ or raised.value.__context__ is None


@pytest.mark.parametrize(
    ("low", "high", "given"), [(1, 9, "0"), (1, 9, "10"), (1, 9, "1.5"), (1, 9, "x")]
)
def test_a_number_out_of_range_is_refused(tmp_path: Path, low: int, high: int, given: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"from {low} to {high}"):
        env(tmp_path, NAME=given).integer("NAME", 5, low=low, high=high)


@pytest.mark.parametrize("given", ["1", "5", " 9 "])
def test_a_number_may_be_the_least_or_the_most(tmp_path: Path, given: str) -> None:
    assert env(tmp_path, NAME=given).integer("NAME", 3, low=1, high=9) == int(given)


def test_what_is_not_given_is_the_default(tmp_path: Path) -> None:
    nothing = env(tmp_path, NAME=" ")
    assert nothing.text("NAME", "x") == "x"
    assert nothing.integer("NAME", 0) == 0
    assert nothing.seconds("NAME", 1.5) == 1.5
    assert nothing.boolean("NAME", default=True) is True
    assert nothing.file("NAME") == ""
    assert nothing.address("NAME", "http://here", ("http",)) == "http://here"
    assert nothing.addresses("NAME", ("http",)) == []
    assert nothing.words("NAME", "a,b") == ["a", "b"]


def test_words_are_parted_by_commas(tmp_path: Path) -> None:
    assert env(tmp_path, NAME=" a b, ,c,").words("NAME") == ["a b", "c"]


def test_addresses_begin_with_one_of_the_schemes(tmp_path: Path) -> None:
    given = "http://a, socks5://b"
    assert env(tmp_path, NAME=given).addresses("NAME", ("http", "socks5")) == given.split(", ")
    with pytest.raises(ImproperlyConfigured, match="http:// or https://, separated by commas"):
        env(tmp_path, NAME=given).addresses("NAME", ("http", "https"))
    one = env(tmp_path, NAME="https://a").address("NAME", "", ("http", "https"))
    assert one == "https://a"


def test_a_file_must_be_there(tmp_path: Path) -> None:
    (tmp_path / "cookies").touch()
    assert env(tmp_path, NAME=str(tmp_path / "cookies")).file("NAME") == str(tmp_path / "cookies")
    with pytest.raises(ImproperlyConfigured, match="the path of a readable file"):
        env(tmp_path, NAME=str(tmp_path)).file("NAME")


@pytest.mark.parametrize(("given", "low"), [("0", 0.0), ("0.5", 0.5), ("90", 0.0)])
def test_seconds_may_be_the_least(tmp_path: Path, given: str, low: float) -> None:
    assert env(tmp_path, NAME=given).seconds("NAME", 1.0, low=low) == float(given)


@pytest.mark.parametrize("given", ["0", "False", "no", "OFF"])
def test_no_is_said_in_several_ways(tmp_path: Path, given: str) -> None:
    assert env(tmp_path, NAME=given).boolean("NAME", default=True) is False


@pytest.mark.parametrize("given", ["1", "TRUE", "yes", "On"])
def test_yes_is_said_in_several_ways(tmp_path: Path, given: str) -> None:
    assert env(tmp_path, NAME=given).boolean("NAME", default=False)


@pytest.mark.parametrize("given", ["-1", "inf", "nan"])
def test_seconds_are_finite_and_not_negative(tmp_path: Path, given: str) -> None:
    with pytest.raises(ImproperlyConfigured):
        env(tmp_path, NAME=given).seconds("NAME", 1.0)


# The settings made of them ------------------------------------------------------------------------


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """The settings that these variables make."""

    def make(**environ: str) -> dict[str, Any]:
        monkeypatch.setenv("DATA_DIR", str(tmp_path))
        for name, value in environ.items():
            monkeypatch.setenv(name, value)
        return runpy.run_path(str(settings.BASE_DIR / "config" / "settings.py"))

    return make


Made = Callable[..., dict[str, Any]]
ONLY_BEHIND_TLS = (
    "SESSION_COOKIE_SECURE",
    "CSRF_COOKIE_SECURE",
    "SECURE_SSL_REDIRECT",
    "SECURE_HSTS_SECONDS",
    "SECURE_PROXY_SSL_HEADER",
    "TRUSTED_PROXIES",
)


@pytest.mark.parametrize(
    ("origins", "behind_tls"),
    [
        ("https://example.org", True),
        ("http://a.example,https://b.example", True),
        ("http://localhost:8000", False),
        ("", False),
    ],
)
def test_tls_turns_all_of_it_on(made: Made, origins: str, behind_tls: bool) -> None:
    values = made(CSRF_TRUSTED_ORIGINS=origins)
    assert {name: bool(values[name]) for name in ONLY_BEHIND_TLS} == dict.fromkeys(
        ONLY_BEHIND_TLS, behind_tls
    )


@pytest.mark.parametrize("path", ["healthz", "healthz/", "metrics"])
def test_watchdogs_need_no_tls(made: Made, path: str) -> None:
    """They ask from inside; a redirect would make them restart what works."""
    exempt = made(CSRF_TRUSTED_ORIGINS="https://example.org")["SECURE_REDIRECT_EXEMPT"]
    assert any(re.search(pattern, path) for pattern in exempt)
    assert not any(re.search(pattern, "lists/healthz") for pattern in exempt)


def test_a_message_is_never_delivered_twice_by_a_death(made: Made) -> None:
    """A message that killed its worker would kill the next one."""
    values = made()
    assert values["CELERY_TASK_ACKS_LATE"] is False
    assert "CELERY_TASK_REJECT_ON_WORKER_LOST" not in values


def test_a_database_of_ones_own_needs_a_key(made: Made) -> None:
    url = f"postgresql://me:{SECRET}@db.example/x"
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY is required") as raised:
        made(DATABASE_URL=url, SECRET_KEY="")
    assert SECRET not in str(raised.value)


def test_the_key_is_made_once_and_kept(made: Made, tmp_path: Path) -> None:
    first = made(DATABASE_URL="", SECRET_KEY="")["SECRET_KEY"]
    assert len(first) >= 50
    assert made()["SECRET_KEY"] == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LANGUAGE_CODE", "xx"),
        ("YTDLP_AUTO_UPDATE", "always"),
        ("YOUTUBE_PROXY", f"ftp://me:{SECRET}@proxy.example"),
        ("REDIS_URL", f"http://:{SECRET}@redis.example"),
        ("DATABASE_URL", f"mysql://me:{SECRET}@db.example/x"),
        ("GROQ_BASE_URL", f"me:{SECRET}"),
        ("ADMIN_WEBHOOK_URL", f"me:{SECRET}"),
        ("YOUTUBE_COOKIES_FILE", f"/nowhere/{SECRET}"),
        ("PORT", "99999"),
    ],
    ids=lambda value: value if value.isupper() else "",
)
def test_a_setting_that_cannot_be_read_is_named(made: Made, name: str, value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^{name} cannot be read") as raised:
        made(**{name: value})
    assert value not in str(raised.value)


# What says which settings there are ---------------------------------------------------------------

READ = re.compile(r'env\.\w+\(\s*"([A-Z_]+)"')
COMPOSE = settings.BASE_DIR / "docker-compose.yml"
# What compose decides itself, and the user of the machine's own files.
OF_COMPOSE = {"DATA_DIR", "HOST", "PORT", "DEMO"}
ONLY_COMPOSE = {"POSTGRES_PASSWORD", "REDIS_PASSWORD", "MEMORY_LIMIT"}


def names_in_example() -> set[str]:
    text = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")
    return set(re.findall(r"^#?([A-Z][A-Z_]+)=", text, re.MULTILINE))


def names_read() -> set[str]:
    source = "config/settings.py", "config/management/commands/quickstart.py"
    return {
        name for path in source for name in READ.findall((settings.BASE_DIR / path).read_text())
    }


def test_every_setting_is_in_the_example() -> None:
    assert names_read() - names_in_example() == set()


def test_compose_hands_on_every_setting() -> None:
    environment = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["x-app"]["environment"]
    assert names_in_example() - OF_COMPOSE - ONLY_COMPOSE - environment.keys() == set()
    for name, value in environment.items():
        if name not in ("DATABASE_URL", "REDIS_URL"):
            assert re.match(rf"\$\{{{name}[:}}]", str(value)), f"{name} says {value}"
