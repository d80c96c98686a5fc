from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("videos", "0003_captions")]

    operations = [
        migrations.AddField(
            model_name="videolist",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True, verbose_name="deleted"),
        ),
    ]
