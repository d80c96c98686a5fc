"""Pages of importing."""

from django.urls import path

from importer.views import batches, intake

urlpatterns = [
    path("import/", intake.import_create, name="import_start"),
    path("import/preview/", intake.import_preview, name="import_preview"),
    path("lists/<int:list_id>/import/", intake.import_create, name="import_create"),
    path("imports/", batches.import_list, name="import_list"),
    path("imports/<int:batch_id>/", batches.import_detail, name="import_detail"),
    path("imports/<int:batch_id>/pause/", batches.import_pause, name="import_pause"),
    path("imports/<int:batch_id>/resume/", batches.import_resume, name="import_resume"),
    path("imports/<int:batch_id>/cancel/", batches.import_cancel, name="import_cancel"),
    path("imports/<int:batch_id>/retry/", batches.import_retry, name="import_retry"),
    path("imports/<int:batch_id>/announce/", batches.import_announce, name="import_announce"),
    path("imports/<int:batch_id>/remove-dead/", batches.import_remove_dead, name="import_remove_dead"),
    path("videos/<int:video_id>/retry/", batches.video_retry, name="video_retry"),
    path("videos/<int:video_id>/refresh/", batches.video_refresh, name="video_refresh"),
    path("imports/<int:batch_id>/front/", batches.import_front, name="import_front"),
    path("lists/<int:list_id>/retry/", batches.entries_retry, name="entries_retry"),
    path("banner/", batches.banner, name="banner"),
]
