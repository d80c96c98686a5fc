"""What a run of the tests, or of the faults, holds: what a developer needs before each commit, or
with TESTS=all (faults: FAULTS=full, too) everything.

A test that takes long carries `@pytest.mark.slow`. Whoever names its file gets it, too.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import Any

import pytest

SHARE = 5  # a short run tries one of so many examples of a property


class Run:
    """The run that is going on. The conftest of the root says which, before it collects."""

    is_short = True


def is_short(arguments: Iterable[str]) -> bool:
    """Whether slow tests are left out of a run of pytest with these arguments."""
    if os.environ.get("TESTS") == "all" or os.environ.get("FAULTS") == "full":
        return False
    return not any(".py" in argument for argument in arguments)


def examples(count: int, share: int = SHARE) -> int:
    """Return how many examples of a property are tried instead of `count`: a short run tries one of
    `share`.
    """
    if not Run.is_short:
        return count
    return max(count // share, 1)


def some_first(values: Sequence[Any], count: int) -> list[Any]:
    """Return the parameters of a test, of which only the first `count` belong to a short run.

    A tuple holds one value for each name.
    """
    return list(values[:count]) + [_slow(value) for value in values[count:]]


def _slow(value: Any) -> Any:
    if isinstance(value, tuple):
        return pytest.param(*value, marks=pytest.mark.slow)
    return pytest.param(value, marks=pytest.mark.slow)
