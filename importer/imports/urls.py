"""Pages of imports."""

from django.urls import path

from importer.imports import views

urlpatterns = [
    path("videos/retry/", views.videos_retry, name="videos_retry"),
    path("imports/", views.import_list, name="import_list"),
    path("imports/<int:batch_id>/", views.import_detail, name="import_detail"),
    path("imports/<int:batch_id>/pause/", views.import_pause, name="import_pause"),
    path("imports/<int:batch_id>/resume/", views.import_resume, name="import_resume"),
    path("imports/<int:batch_id>/cancel/", views.import_cancel, name="import_cancel"),
    path("imports/<int:batch_id>/retry/", views.import_retry, name="import_retry"),
    path("imports/<int:batch_id>/again/", views.import_again, name="import_again"),
    path("imports/<int:batch_id>/read-again/", views.import_read_again, name="import_read_again"),
    path("imports/<int:batch_id>/announce/", views.import_announce, name="import_announce"),
    path(
        "imports/<int:batch_id>/remove-dead/", views.import_remove_dead, name="import_remove_dead"
    ),
    path("videos/<int:video_id>/retry/", views.video_retry, name="video_retry"),
    path("videos/<int:video_id>/refresh/", views.video_refresh, name="video_refresh"),
    path("imports/<int:batch_id>/front/", views.import_front, name="import_front"),
    path("lists/<int:list_id>/retry/", views.entries_retry, name="entries_retry"),
    path("search/retry/", views.found_retry, name="found_retry"),
    path("banner/", views.banner, name="banner"),
]
