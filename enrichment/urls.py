"""Pages and actions about captions."""

from django.urls import path

from enrichment import views

urlpatterns = [
    path("videos/<int:video_id>/captions/", views.video_captions, name="video_captions"),
    path(
        "videos/<int:video_id>/transcript/upload/",
        views.transcript_upload,
        name="transcript_upload",
    ),
    path(
        "videos/<int:video_id>/transcript/remove/",
        views.transcript_remove,
        name="transcript_remove",
    ),
    path("lists/<int:list_id>/refresh/", views.entries_refresh, name="entries_refresh"),
    path("search/refresh/", views.found_refresh, name="found_refresh"),
]
