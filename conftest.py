"""What every test may ask for: a Redis, the stand-ins for YouTube and Groq, the usual people, a running installation."""

import pytest
from hypothesis import HealthCheck, settings

# On a busy machine a slow example is no failure, and nothing is kept between two runs.
settings.register_profile("suite", deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("suite")

pytest_plugins = ["tests.redis_fixture", "tests.standins.fixtures", "tests.people", "tests.system"]

BROWSER, SYSTEM = "tests/browser/", ("tests/test_system.py", "tests/test_quickstart.py")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests of one file run in one process. All in a browser share one, and all others that run a whole system share another, so that each
    starts its system once; these two take longest and begin first."""
    for item in items:
        item.add_marker(pytest.mark.xdist_group(group_of(item)))
    items.sort(key=lambda item: group_of(item) not in ("browser", "system"))


def group_of(item: pytest.Item) -> str:
    path = item.nodeid.partition("::")[0]
    return "browser" if path.startswith(BROWSER) else "system" if path.startswith(SYSTEM) else path
