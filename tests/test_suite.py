"""What the suite itself relies on."""

import os

import pytest
from django.core.management.color import no_style
from django.db import connection

from importer.imports.models import ImportCount
from importer.tests.ledger import start
from videos.models import VideoList


def test_the_tests_of_a_file_stay_in_one_process(request: pytest.FixtureRequest) -> None:
    """pytest-xdist tells its scheduler of a group by the test's id.

    Where that is lost, each process starts systems of its own.
    """
    if os.environ.get("PYTEST_XDIST_WORKER"):
        assert request.node.nodeid.endswith("@tests/test_suite.py")


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL's triggers add rows")
def test_a_test_that_commits_leaves_no_counts(video_list: VideoList) -> None:
    """A process meets the tables in an order of its own."""
    start(video_list, 1, 2)
    tables = connection.introspection.django_table_names(only_existing=True)
    kept_first = sorted(tables, key=lambda table: table != ImportCount._meta.db_table)
    connection.ops.execute_sql_flush(connection.ops.sql_flush(no_style(), kept_first))
    assert not ImportCount.objects.exists()
