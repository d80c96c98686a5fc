"""Lists of rows in the administration that cost what they show, however many rows there are."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.contrib.admin import AllValuesFieldListFilter
from django.core.paginator import Paginator

COUNTED_AT_MOST = 10_000  # rows; a list of more says so, and its pages end there


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic for the type checker alone
    """Counts no more rows than `COUNTED_AT_MOST`. `is_cut`: there are more."""

    is_cut = False

    @cached_property
    def count(self) -> int:
        """How many rows the pages have. One query."""
        rows: Any = self.object_list
        counted: int = rows.order_by()[: COUNTED_AT_MOST + 1].count()
        self.is_cut = counted > COUNTED_AT_MOST
        return min(counted, COUNTED_AT_MOST)


def known_values(values: Iterable[str]) -> type[AllValuesFieldListFilter]:
    """Return a filter that offers these values, whether some row has them or not."""
    offered = list(dict.fromkeys(values))

    class KnownValues(AllValuesFieldListFilter):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.lookup_choices = offered  # type: ignore[assignment]  # only walked over

    return KnownValues


class NewestValues(AllValuesFieldListFilter):
    """Offers the values that the newest rows have."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.field.name
        rows = self.field.model._default_manager
        newest = rows.order_by("-pk").values("pk")[:COUNTED_AT_MOST]
        values = rows.filter(pk__in=newest).order_by(name).values_list(name, flat=True)
        self.lookup_choices = values.distinct()
