"""What every test may ask for: a Redis, the stand-ins for YouTube and Groq, the usual people, a
running installation.
"""

import gc
import os
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

from tests.tiers import Run, examples, is_short

pytest_plugins = [
    "tests.database",
    "tests.redis_fixture",
    "tests.standins.fixtures",
    "tests.people",
    "tests.remembered",
    "tests.system",
]

WHOLE_SYSTEM = ("tests/browser/", "tests/test_system.py", "tests/test_quickstart.py")
MOSTLY_WAITING = (
    "importer/tests/test_consumers.py",
    "config/tests/test_supervisor.py",
    "tests/standins/test_process.py",
)


def pytest_configure(config: pytest.Config) -> None:
    """On a busy machine a slow example is no failure, nothing is kept between two runs, and a test
    of a class may be tried again (with a new instance of the class, which Hypothesis calls an
    executor).
    """
    Run.is_short = is_short(config.args)
    settings.register_profile(
        "suite",
        max_examples=examples(100),
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.differing_executors],
    )
    settings.load_profile("suite")


def is_left_out(item: pytest.Item, arguments: list[str]) -> bool:
    """Whether a run with these arguments leaves this test to another one: a short run what is slow,
    and one with a database given what is of the page alone, which is the same on every database.
    """
    if item.get_closest_marker("slow") and Run.is_short:
        return True
    of_the_page = item.get_closest_marker("page") and os.environ.get("DATABASE_URL")
    return bool(of_the_page) and "::" not in " ".join(arguments)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """Tests of one file run in one process.

    All that run a whole system share one, so that they share the system and never disturb each
    other. They begin first, then those that mostly wait, so that both processors have work to the
    end.
    """
    left_out = [item for item in items if is_left_out(item, config.args)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        remaining = set(items).difference(left_out)
        items[:] = [item for item in items if item in remaining]
    for item in items:
        path = item.nodeid.partition("::")[0]
        item.add_marker(
            pytest.mark.xdist_group("system" if path.startswith(WHOLE_SYSTEM) else path)
        )
    yield  # pytest-django brings its own order
    items.sort(
        key=lambda item: (
            not item.nodeid.startswith(WHOLE_SYSTEM),
            not item.nodeid.startswith(MOSTLY_WAITING),
        )
    )


def pytest_collection_finish() -> None:
    """What is loaded stays: a twelfth of the tests' time went into looking through it again and
    again.
    """
    gc.collect()
    gc.freeze()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what went wrong where another try went well: a run that ends well shows it nowhere."""
    for report in terminalreporter.stats.get("rerun", ()):
        crash = getattr(report.longrepr, "reprcrash", None)
        if crash is not None:
            terminalreporter.write_line(
                f"{report.nodeid} ({report.when}, {crash.path}:{crash.lineno})"
            )
            terminalreporter.write_line(crash.message[:1500])
