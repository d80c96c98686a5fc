from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class VideosConfig(AppConfig):
    name = "videos"
    verbose_name = _("Library")

    def ready(self) -> None:
        from videos.counts import make_triggers

        post_migrate.connect(make_triggers, sender=self)
