"""How PostgreSQL plans where it is asked to use indexes, and that it plans as before afterwards."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest
from django.db import connection, transaction

from videos.lookups import looking_up_by_index, rows_by_index
from videos.models import ListEntry

pytestmark = pytest.mark.django_db

ON_POSTGRESQL = pytest.mark.skipif(
    "sqlite" in connection.settings_dict["ENGINE"], reason="PostgreSQL's settings"
)


def plan() -> str:
    return ListEntry.objects.filter(video__duration__gt=0).explain()


@ON_POSTGRESQL
def test_joins_look_up_by_index_within_the_block() -> None:
    before = plan()
    with looking_up_by_index():
        within = plan()
    assert "Hash Join" in before
    assert "Nested Loop" in within
    assert plan() == before


@ON_POSTGRESQL
def test_an_error_in_the_block_leaves_no_setting_behind() -> None:
    before = plan()
    with pytest.raises(ZeroDivisionError), looking_up_by_index():
        raise ZeroDivisionError
    assert plan() == before


SETTINGS = "SELECT current_setting('enable_seqscan'), current_setting('jit')"


@ON_POSTGRESQL
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("block", [nullcontext, transaction.atomic], ids=["alone", "in a block"])
def test_settings_for_one_statement_end_with_it(
    block: Callable[[], AbstractContextManager[Any]],
) -> None:
    with block(), connection.cursor() as cursor:
        cursor.execute(SETTINGS)
        before = cursor.fetchall()
        assert rows_by_index(f"{SETTINGS}, %s", [7]) == [("off", "off", 7)]
        cursor.execute(SETTINGS)
        assert cursor.fetchall() == before
