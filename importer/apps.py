from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ImporterConfig(AppConfig):
    name = "importer"
    verbose_name = _("Imports")

    def ready(self) -> None:
        # Importing these connects the signals and registers the checks.
        from importer.following import receivers as following_receivers  # noqa: F401
        from importer.imports import receivers  # noqa: F401
        from importer.imports.counts import drop_triggers_from_sqlite, make_triggers
        from importer.notices import receivers as notice_receivers  # noqa: F401
        from importer.webhooks import checks  # noqa: F401
        from importer.webhooks import receivers as webhook_receivers  # noqa: F401

        pre_migrate.connect(drop_triggers_from_sqlite, sender=self)
        post_migrate.connect(make_triggers, sender=self)
