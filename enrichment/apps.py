from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnrichmentConfig(AppConfig):
    name = "enrichment"
    verbose_name = _("Enrichment")

    def ready(self) -> None:
        # Registers the checks, connects Celery's signals.
        from enrichment import checks, worker  # noqa: F401
        from enrichment.ytdlp import restart  # noqa: F401  a step of the worker's main process
