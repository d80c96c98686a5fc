"""What the suite itself relies on."""

import os

import pytest


def test_the_tests_of_a_file_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells its scheduler of a group by the test's id.

    Where that is lost, each process starts systems of its own.
    """
    if os.environ.get("PYTEST_XDIST_WORKER"):
        assert request.node.nodeid.endswith("@tests/test_suite.py")
