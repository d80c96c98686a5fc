import hashlib

from django.conf import settings
from django.db import migrations

AT_ONCE = 500
SHOWN = 7


def keep_digests(apps, schema_editor):
    """Move the tokens of before into the table of digests; the programs that have them go on."""
    database = schema_editor.connection.alias
    old = apps.get_model("authtoken", "Token").objects.using(database)
    new = apps.get_model("videos", "ApiToken").objects.using(database)
    rows = (
        new.model(
            owner_id=token.user_id,
            name="API",
            digest=hashlib.sha256(token.key.encode()).hexdigest(),
            begins_with=token.key[:SHOWN],
            created_at=token.created,
        )
        for token in old.iterator(chunk_size=AT_ONCE)
    )
    new.bulk_create(rows, batch_size=AT_ONCE)
    old.all().delete()


class Migration(migrations.Migration):
    dependencies = [
        ("videos", "0009_api_tokens"),
        ("authtoken", "0004_alter_tokenproxy_options"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [migrations.RunPython(keep_digests, migrations.RunPython.noop)]
