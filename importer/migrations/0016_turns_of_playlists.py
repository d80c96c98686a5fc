"""Playlists are read a page at a time: where the next one begins, and whose turn it was."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("importer", "0015_unfinished_actions")]

    operations = [
        migrations.AddField(
            model_name="expansion",
            name="continuation",
            field=models.JSONField(
                blank=True, help_text="where its next page begins; none for the first one", null=True
            ),
        ),
        migrations.AddField(
            model_name="expansion",
            name="turn_at",
            field=models.DateTimeField(blank=True, help_text="when it had its last turn", null=True),
        ),
        migrations.AddField(
            model_name="importbatch",
            name="turn_at",
            field=models.DateTimeField(
                editable=False, help_text="when one of its playlists had its last turn", null=True
            ),
        ),
        migrations.AddField(
            model_name="expansion",
            name="batch",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=models.CASCADE,
                related_name="expansions",
                to="importer.importbatch",
                verbose_name="import",
            ),
        ),
        migrations.AddField(
            model_name="expansion",
            name="is_next",
            field=models.BooleanField(
                default=True,
                help_text="the next of its line to be read; the others wait, so that each knows its own rows",
            ),
        ),
        migrations.AddField(
            model_name="expansion",
            name="line",
            field=models.PositiveIntegerField(null=True, verbose_name="line"),
        ),
    ]
