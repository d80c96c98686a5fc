"""The WebSocket addresses."""

from importer.routing import websocket_urlpatterns

__all__ = ["websocket_urlpatterns"]
