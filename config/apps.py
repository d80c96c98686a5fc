from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """An app only for its commands: `quickstart` and `demo` start the whole installation."""

    name = "config"
