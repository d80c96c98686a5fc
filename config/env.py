"""Settings from the environment and `.env`: each value is read once, checked, and named when it
cannot be read.
"""

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off", ""})


def read_dotenv(path: Path) -> dict[str, str]:
    """The `NAME=value` lines of a file (`#` starts a comment line, quotes around a value are
    dropped); {} without a file.
    """
    if not path.is_file():
        return {}
    values = {}
    for raw in path.read_text(encoding="utf-8").splitlines():
        line = raw.strip().removeprefix("export ")
        if line and not line.startswith("#") and "=" in line:
            name, _, value = line.partition("=")
            values[name.strip()] = value.strip().strip("'\"")
    return values


class Env:
    """Typed access to settings.

    The process environment wins over `.env`; an unreadable value raises ImproperlyConfigured.
    """

    def __init__(self, dotenv: Path, environ: Mapping[str, str] = os.environ) -> None:
        self.values = {**read_dotenv(dotenv), **environ}

    def text(self, name: str, default: str = "") -> str:
        return self.values.get(name, "").strip() or default

    def boolean(self, name: str, default: bool) -> bool:
        takes = "1 or 0 (also true/false, yes/no, on/off)"
        return self._parsed(name, default, parse_boolean, takes)

    def integer(self, name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
        def parse(text: str) -> int:
            if not low <= int(text) <= high:
                raise ValueError
            return int(text)

        return self._parsed(name, default, parse, f"a whole number from {low} to {high}")

    def seconds(self, name: str, default: float, *, low: float = 0.0) -> float:
        def parse(text: str) -> float:
            if not low <= float(text) < float("inf"):
                raise ValueError
            return float(text)

        return self._parsed(name, default, parse, f"a number of seconds, at least {low:g}")

    def words(self, name: str, default: str = "") -> list[str]:
        """Comma-separated values, without blanks."""
        words = []
        for word in self.text(name, default).split(","):
            if word.strip():
                words.append(word.strip())
        return words

    def file(self, name: str) -> str:
        """A path that must exist when it is given; "" when it is not."""
        return self._parsed(name, "", parse_file, "the path of a readable file")

    def address(self, name: str, default: str, schemes: tuple[str, ...]) -> str:
        beginnings = beginnings_of_addresses(schemes)

        def parse(text: str) -> str:
            if not text.startswith(beginnings):
                raise ValueError
            return text

        takes = "an address starting with " + " or ".join(beginnings)
        return self._parsed(name, default, parse, takes)

    def addresses(self, name: str, schemes: tuple[str, ...]) -> list[str]:
        """Comma-separated addresses; each must start with one of the schemes."""
        beginnings = beginnings_of_addresses(schemes)
        words = self.words(name)
        for word in words:
            if not word.startswith(beginnings):
                some = " or ".join(beginnings)
                takes = f"addresses starting with {some}, separated by commas"
                raise self.unreadable(name, takes)
        return words

    def unreadable(self, name: str, takes: str) -> ImproperlyConfigured:
        """The error for a value that cannot be used.

        It never repeats the value, which may be a secret.
        """
        return ImproperlyConfigured(f"{name} cannot be read: it takes {takes}.")

    def _parsed(self, name: str, default: T, parse: Callable[[str], T], takes: str) -> T:
        text = self.text(name)
        if not text:
            return default
        try:
            return parse(text)
        except ValueError:
            raise self.unreadable(name, takes) from None


def parse_boolean(text: str) -> bool:
    if text.lower() not in TRUE | FALSE:
        raise ValueError
    return text.lower() in TRUE


def parse_file(text: str) -> str:
    if not Path(text).is_file():
        raise ValueError
    return text


def beginnings_of_addresses(schemes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{scheme}://" for scheme in schemes)
