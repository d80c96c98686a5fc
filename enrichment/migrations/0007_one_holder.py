"""A job names its holder once: the run of a task, which is also the token of its permit.

What was held by the version of before is free, with its attempt taken back: the change of versions ended it, and not the video.
"""

from typing import Any

from django.db import migrations, models
from django.db.models import F, Q
from django.db.models.functions import Greatest


def free_all(apps: Any, schema_editor: Any) -> None:
    job = apps.get_model("enrichment", "EnrichmentJob")
    job.objects.filter(lease_until__isnull=False).exclude(lease_node="").update(
        attempts=Greatest(F("attempts") - 1, 0)
    )
    job.objects.filter(lease_until__isnull=False).update(
        lease_token="", lease_node="", lease_until=None
    )


class Migration(migrations.Migration):
    # PostgreSQL changes no table in a transaction that has still to check rows it changed.
    atomic = False

    dependencies = [("enrichment", "0006_network_as_client")]

    operations = [
        migrations.RunPython(free_all, migrations.RunPython.noop, elidable=True),
        migrations.RemoveConstraint("enrichmentjob", "job_lease_is_whole"),
        migrations.RenameField("enrichmentjob", "lease_token", "holder"),
        migrations.RenameField("enrichmentjob", "lease_node", "node"),
        migrations.RemoveField("enrichmentjob", "lease_lane"),
        migrations.RemoveField("enrichmentjob", "fence"),
        migrations.AlterField(
            "enrichmentjob",
            "holder",
            models.CharField(
                blank=True, help_text="the run of a task that holds it", max_length=64
            ),
        ),
        migrations.AlterField(
            "enrichmentjob",
            "attempts",
            models.PositiveSmallIntegerField(
                default=0,
                help_text="runs begun, counted before each run",
                verbose_name="attempts",
            ),
        ),
        migrations.AddConstraint(
            "enrichmentjob",
            models.CheckConstraint(
                name="job_lease_is_whole",
                condition=Q(lease_until=None, holder="")
                | Q(lease_until__isnull=False) & ~Q(holder=""),
            ),
        ),
        migrations.AddConstraint(
            "enrichmentjob",
            models.UniqueConstraint(
                name="job_holder_once", fields=["holder"], condition=~Q(holder="")
            ),
        ),
        migrations.AddIndex(
            "enrichmentjob",
            models.Index(fields=["video"], name="job_held", condition=Q(held=True)),
        ),
    ]
