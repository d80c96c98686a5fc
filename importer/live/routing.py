"""The WebSocket address, with and without its closing slash."""

from typing import Any

from django.urls import path

from importer.live.consumers import ProgressConsumer

progress: Any = ProgressConsumer.as_asgi()
websocket_urlpatterns: list[Any] = [path("ws/progress", progress), path("ws/progress/", progress)]
