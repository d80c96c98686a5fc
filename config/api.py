"""The REST addresses, each with and without its closing slash."""

from collections.abc import Callable
from typing import Any

from django.urls import URLPattern, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.throttling import ScopedRateThrottle

from importer.api import views as imports
from videos.api import views as videos


class TokenView(ObtainAuthToken):
    """A token for a user name and password; 20 tries an hour from one address."""

    throttle_classes = (ScopedRateThrottle,)
    throttle_scope = "login"


def both(route: str, view: Callable[..., Any], name: str) -> list[URLPattern]:
    return [path(route, view, name=name), path(f"{route}/", view)]


def without_slash(endpoints: list[tuple[str, ...]], **kwargs: Any) -> list[tuple[str, ...]]:
    """For the schema: each address once."""
    return [endpoint for endpoint in endpoints if not endpoint[0].endswith("/")]


urlpatterns = [
    *both("token", TokenView.as_view(), "api_token"),
    *both("lists", videos.ListsView.as_view(), "api_lists"),
    *both("lists/<int:pk>", videos.ListView.as_view(), "api_list"),
    *both("lists/<int:list_id>/videos", imports.ListVideosImportView.as_view(), "api_list_videos"),
    *both("lists/<int:list_id>/videos/batch", imports.BatchView.as_view(), "api_list_batch"),
    *both("lists/<int:list_id>/videos/<int:video_id>", videos.ListVideoView.as_view(), "api_list_video"),
    *both("imports", imports.ImportsView.as_view(), "api_imports"),
    *both("imports/<int:pk>", imports.ImportView.as_view(), "api_import"),
    *both("imports/<int:pk>/items", imports.ImportItemsView.as_view(), "api_import_items"),
    *both("imports/<int:pk>/pause", imports.PauseView.as_view(), "api_import_pause"),
    *both("imports/<int:pk>/resume", imports.ResumeView.as_view(), "api_import_resume"),
    *both("imports/<int:pk>/cancel", imports.CancelView.as_view(), "api_import_cancel"),
    *both("imports/<int:pk>/retry", imports.RetryView.as_view(), "api_import_retry"),
    *both("videos/<int:pk>", videos.VideoView.as_view(), "api_video"),
    *both("videos/<int:pk>/retry", imports.VideoRetryView.as_view(), "api_video_retry"),
    *both("videos/<int:pk>/transcript", videos.TranscriptView.as_view(), "api_video_transcript"),
    *both("schema", SpectacularAPIView.as_view(), "api_schema"),
    *both("docs", SpectacularSwaggerView.as_view(url_name="api_schema"), "api_docs"),
]
