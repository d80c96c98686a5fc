"""The WebSocket addresses."""

from importer.live.routing import websocket_urlpatterns

__all__ = ["websocket_urlpatterns"]
