"""What is being read knows its import and its line. By itself: PostgreSQL alters no table in the transaction that filled it."""

from typing import Any

from django.db import migrations
from django.db.models import OuterRef, Subquery


def fill(apps: Any, schema_editor: Any) -> None:
    items = apps.get_model("importer", "ImportItem").objects.filter(pk=OuterRef("item"))
    playlists = apps.get_model("importer", "Expansion").objects
    playlists.update(batch=Subquery(items.values("batch")), line=Subquery(items.values("line")))
    lines = set()
    waiting = []
    for pk, batch, line in playlists.order_by("item").values_list("pk", "batch", "line"):
        if (batch, line) in lines:
            waiting.append(pk)
        lines.add((batch, line))
    for start in range(0, len(waiting), 500):
        playlists.filter(pk__in=waiting[start : start + 500]).update(is_next=False)


class Migration(migrations.Migration):
    dependencies = [("importer", "0016_turns_of_playlists")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
