"""How PostgreSQL joins within `looking_up_by_index`."""

import pytest
from django.db import connection

from videos.lookups import looking_up_by_index
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
