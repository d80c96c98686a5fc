"""A system check: an operator's webhook that nothing could ever be sent to fails at the start."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from enrichment.checks import INSTALLATION
from importer.webhooks.posting import parse_target


@register(INSTALLATION)
def check_admin_webhook(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """ADMIN_WEBHOOK_URL is an address we post to. It is not repeated: it may hold a secret."""
    try:
        if settings.ADMIN_WEBHOOK_URL:
            parse_target(settings.ADMIN_WEBHOOK_URL)
    except ValueError:
        return [
            Error(
                "ADMIN_WEBHOOK_URL is no address that messages can be sent to.",
                hint="It takes http:// or https://, no password, and a usual port "
                "(any port of a host in WEBHOOK_ALLOWED_HOSTS).",
                id="importer.E001",
            )
        ]
    return []
