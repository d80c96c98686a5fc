"""HTTP and WebSocket entry for any ASGI server."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
http = get_asgi_application()  # loads the apps, before anything below may import models

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402

from config.client_address import ClientAddress  # noqa: E402
from config.origins import OwnOriginOnly  # noqa: E402
from config.routing import websocket_urlpatterns  # noqa: E402
from config.shedding import LoadShedding  # noqa: E402

application = ClientAddress(
    ProtocolTypeRouter(
        {
            "http": LoadShedding(http),
            "websocket": OwnOriginOnly(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        },
    )
)
