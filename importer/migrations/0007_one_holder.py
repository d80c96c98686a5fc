"""Playlists, checks and deliveries are leased like videos, each by the run of a task. What was held before is free."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q


def free_all(apps: Any, schema_editor: Any) -> None:
    for name in ("Expansion", "Follow", "Delivery"):
        model = apps.get_model("importer", name)
        model.objects.filter(lease_until__isnull=False).update(lease_until=None)
    for name in ("Expansion", "Follow"):
        apps.get_model("importer", name).objects.update(lease_task="", lease_node="")


def holder() -> "models.CharField[str, str]":
    return models.CharField(blank=True, help_text="the run of a task that holds it", max_length=64)


def node() -> "models.CharField[str, str]":
    return models.CharField(blank=True, help_text="the worker that holds it", max_length=200)


def attempts() -> "models.PositiveSmallIntegerField[int, int]":
    return models.PositiveSmallIntegerField(
        default=0, help_text="runs begun, counted before each run", verbose_name="attempts"
    )


def constraints(model: str) -> list[migrations.AddConstraint]:
    return [
        migrations.AddConstraint(
            model,
            models.CheckConstraint(
                name=f"{model}_lease_is_whole",
                condition=Q(lease_until=None, holder="")
                | Q(lease_until__isnull=False) & ~Q(holder=""),
            ),
        ),
        migrations.AddConstraint(
            model,
            models.UniqueConstraint(
                name=f"{model}_holder_once", fields=["holder"], condition=~Q(holder="")
            ),
        ),
    ]


class Migration(migrations.Migration):
    # PostgreSQL changes no table in a transaction that has still to check rows it changed.
    atomic = False

    dependencies = [("importer", "0006_unavailable_entries")]

    operations = [
        migrations.RunPython(free_all, migrations.RunPython.noop, elidable=True),
        migrations.RemoveField("expansion", "lease_token"),
        migrations.RenameField("expansion", "lease_task", "holder"),
        migrations.RenameField("expansion", "lease_node", "node"),
        migrations.RenameField("follow", "lease_task", "holder"),
        migrations.RenameField("follow", "lease_node", "node"),
        migrations.AddField("delivery", "holder", holder()),
        migrations.AddField("delivery", "node", node()),
        *[
            migrations.AlterField(model, "attempts", attempts())
            for model in ("expansion", "follow", "delivery")
        ],
        *constraints("expansion"),
        *constraints("follow"),
        *constraints("delivery"),
    ]
