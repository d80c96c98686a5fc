from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app for its commands (`quickstart` and `demo` start the whole installation), and for
    telling Celery who we are.
    """

    name = "config"

    def ready(self) -> None:
        import config.celery  # noqa: F401  so that tasks are sent through our application
