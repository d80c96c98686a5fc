"""Leased work: rows that one run at a time works on, and the verbs that all kinds of it share.

A message only says that there may be work of a kind. A run takes a row by one conditional UPDATE,
which must touch one row, and names its holder in every later write: a run that lost its row changes
nothing. The clock is the database's, so that two hosts cannot disagree.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, ParamSpec, Self, TypeVar

from django.db import IntegrityError, OperationalError, connection, models, transaction
from django.db.models import F, Q
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

NOT_HELD: dict[str, Any] = {"holder": "", "node": "", "lease_until": None}


class LeaseLost(Exception):
    """Another run has, or may have, this row by now: whatever this one was about to write no longer
    counts.
    """


@dataclass(frozen=True)
class Holder:
    """One run of a task.

    `name` is its Celery id and the token of its permit; `node` is the worker it runs in.
    """

    name: str
    node: str


def taken_by(holder: Holder, lease: timedelta) -> dict[str, Any]:
    """What is written to a row when this run takes it."""
    return {
        "holder": holder.name,
        "node": holder.node,
        "lease_until": Now() + lease,
        "attempts": F("attempts") + 1,
    }


def renewed(lease: timedelta) -> dict[str, Any]:
    """What is written to a held row whose lease begins again."""
    return {"lease_until": Now() + lease}


def took_one(take: Callable[[], int]) -> bool:
    """Whether this UPDATE touched its one row.

    False when another run was first, or the same message came twice.
    """
    try:
        with transaction.atomic():
            return take() == 1
    except IntegrityError:
        return False


class EndOfThisMillisecond(Now):
    """The database's clock, to compare stored dates with.

    SQLite's clock has milliseconds and a stored date microseconds: what became due in this
    millisecond would not be due yet.
    """

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        template = "STRFTIME('%%%%Y-%%%%m-%%%%d %%%%H:%%%%M:%%%%f999', 'NOW')"
        return self.as_sql(compiler, connection, template=template, **context)


class LeasedQuerySet(models.QuerySet[Any]):
    """The verbs. Each is one statement, and answers whether, or how many, rows it touched.

    `renew`, `put_back` and `finish` are for held rows: those of `held_by`, `running` or `expired`.
    """

    def unheld(self) -> Self:
        return self.filter(lease_until=None)

    def due(self) -> Self:
        """What may be taken now."""
        return self.filter(lease_until=None, **{f"{self.model.DUE}__lte": EndOfThisMillisecond()})

    def running(self) -> Self:
        return self.filter(lease_until__isnull=False)

    def expired(self) -> Self:
        return self.filter(lease_until__lt=Now())

    def held_by(self, holder: str) -> Self:
        return self.filter(holder=holder, lease_until__isnull=False)

    def take(self, pk: int, holder: Holder, lease: timedelta) -> bool:
        """Hold this row, if it is still due. False when another run was first."""
        return took_one(lambda: self.due().filter(pk=pk).update(**taken_by(holder, lease)))

    def take_first(self, holder: Holder, lease: timedelta, *related: str) -> Any | None:
        """Hold the first of these rows, and return it with the rows it is `related` to.

        None when there is none, or when it was not taken as `took_one` says.
        """
        pk = self.values_list("pk", flat=True).first()
        # The UPDATE looks at the row alone. With conditions on other tables it would find it by a
        # subquery, which PostgreSQL does not ask again after waiting for a run that took the row.
        if pk is None or not self.model.objects.take(pk, holder, lease):
            return None
        return self.model.objects.held_by(holder.name).select_related(*related).first()

    def renew(self, lease: timedelta, **fields: Any) -> bool:
        """Let the lease begin again. False when the row is no longer this holder's."""
        return self.update(**renewed(lease), **fields) == 1

    def put_back(self, *, wait: timedelta | None = None, counts: bool = True, **fields: Any) -> int:
        """Free the rows, due after `wait` (None: as they were). Unless the attempt `counts`, it is
        taken back.
        """
        if wait is not None:
            fields[self.model.DUE] = Now() + wait
        if not counts:
            fields["attempts"] = Greatest(F("attempts") - 1, 0)
        return self.update(**NOT_HELD, **fields)

    def finish(self) -> bool:
        """The work is done, and the row goes."""
        return self.delete()[0] > 0


class Leased(models.Model):
    """Free, or held by one run until `lease_until`."""

    DUE = "not_before"  # the column that says from when on it may be taken

    holder = models.CharField(
        max_length=64, blank=True, help_text=_("the run of a task that holds it")
    )
    node = models.CharField(max_length=200, blank=True, help_text=_("the worker that holds it"))
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(
        _("attempts"), default=0, help_text=_("runs begun, counted before each run")
    )
    not_before = models.DateTimeField(_("not before"), default=timezone.now)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        abstract = True


def lease_constraints(name: str) -> tuple[models.BaseConstraint, ...]:
    """What must always be true of a table of leased work.

    A run holds one row: the same message twice cannot hold two.
    """
    return (
        models.CheckConstraint(
            name=f"{name}_lease_is_whole",
            condition=Q(lease_until=None, holder="") | Q(lease_until__isnull=False) & ~Q(holder=""),
        ),
        models.UniqueConstraint(
            name=f"{name}_holder_once", fields=["holder"], condition=~Q(holder="")
        ),
    )


P = ParamSpec("P")
T = TypeVar("T")
# PostgreSQL: two transactions wait for each other, or did what no order of the two could have done.
# One of them was undone.
LOST_RACES = {"40P01", "40001"}
UNTIL_ANOTHER_TRY = (0.2, 0.4)  # seconds; two that both lost do not meet again


def once_more(act: Callable[P, T]) -> Callable[P, T]:
    """Decorate a function that is one transaction: when it loses to another one it is tried once
    more. Not inside a transaction.

    A moment later: at once it would often take its first lock again before the other one, which
    waits for it, has it, and lose again.
    """

    @wraps(act)
    def acting(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return act(*args, **kwargs)
        except OperationalError as error:
            if getattr(error.__cause__, "sqlstate", "") not in LOST_RACES:
                raise
            if connection.in_atomic_block:
                raise
            time.sleep(random.uniform(*UNTIL_ANOTHER_TRY))
            return act(*args, **kwargs)

    return acting


def database_now() -> datetime:
    """The database's clock, which also decides what is due. One small query."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT statement_timestamp()")
            now: datetime = cursor.fetchone()[0]
            return now
        cursor.execute("SELECT strftime('%Y-%m-%dT%H:%M:%f', 'now')")
        return datetime.fromisoformat(cursor.fetchone()[0]).replace(tzinfo=UTC)
