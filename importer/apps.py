from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ImporterConfig(AppConfig):
    name = "importer"
    verbose_name = _("Imports")

    def ready(self) -> None:
        from importer import receivers, worker  # noqa: F401  connects the signals, Django's and Celery's
