"""What every test may ask for: a Redis, the stand-ins for YouTube and Groq, the usual people, a running installation."""

import gc

import pytest
from hypothesis import HealthCheck, settings

# On a busy machine a slow example is no failure, and nothing is kept between two runs.
settings.register_profile("suite", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

pytest_plugins = ["tests.database", "tests.redis_fixture", "tests.standins.fixtures", "tests.people", "tests.system"]

WHOLE_SYSTEM = ("tests/browser/", "tests/test_system.py", "tests/test_quickstart.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file run in one process. All that run a whole system share one, so that they share the system and never disturb each
    other; among tests of a kind they begin first (pytest-django puts those that need no database of ours last)."""
    for item in items:
        path = item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group("system" if path.startswith(WHOLE_SYSTEM) else path))
    items.sort(key=lambda item: not item.nodeid.startswith(WHOLE_SYSTEM))


def pytest_collection_finish() -> None:
    """What is loaded stays: a twelfth of the tests' time went into looking through it again and again."""
    gc.collect()
    gc.freeze()
