"""Pages of every feature."""

from django.urls import include, path

urlpatterns = [
    path("", include("importer.intake.urls")),
    path("", include("importer.imports.urls")),
    path("", include("importer.following.urls")),
    path("", include("importer.webhooks.urls")),
    path("", include("importer.notices.urls")),
]
