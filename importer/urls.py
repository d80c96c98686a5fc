"""Pages of importing."""

from django.urls import path

from importer.views import batches, follows, intake, webhooks

urlpatterns = [
    path("import/", intake.import_create, name="import_start"),
    path("import/from-anywhere/", intake.bookmarklets, name="bookmarklets"),
    path("import/preview/", intake.import_preview, name="import_preview"),
    path("lists/<int:list_id>/import/", intake.import_create, name="import_create"),
    path("imports/", batches.import_list, name="import_list"),
    path("imports/<int:batch_id>/", batches.import_detail, name="import_detail"),
    path("imports/<int:batch_id>/pause/", batches.import_pause, name="import_pause"),
    path("imports/<int:batch_id>/resume/", batches.import_resume, name="import_resume"),
    path("imports/<int:batch_id>/cancel/", batches.import_cancel, name="import_cancel"),
    path("imports/<int:batch_id>/retry/", batches.import_retry, name="import_retry"),
    path("imports/<int:batch_id>/announce/", batches.import_announce, name="import_announce"),
    path(
        "imports/<int:batch_id>/remove-dead/", batches.import_remove_dead, name="import_remove_dead"
    ),
    path("videos/<int:video_id>/retry/", batches.video_retry, name="video_retry"),
    path("videos/<int:video_id>/refresh/", batches.video_refresh, name="video_refresh"),
    path("imports/<int:batch_id>/front/", batches.import_front, name="import_front"),
    path("lists/<int:list_id>/retry/", batches.entries_retry, name="entries_retry"),
    path("lists/<int:list_id>/follows/", follows.follow_list, name="follow_list"),
    path(
        "lists/<int:list_id>/follows/<int:follow_id>/", follows.follow_detail, name="follow_detail"
    ),
    path(
        "lists/<int:list_id>/follows/<int:follow_id>/check/",
        follows.follow_check,
        name="follow_check",
    ),
    path("lists/<int:list_id>/follows/<int:follow_id>/end/", follows.follow_end, name="follow_end"),
    path("settings/webhook/", webhooks.webhook, name="webhook"),
    path("settings/webhook/test/", webhooks.webhook_test, name="webhook_test"),
    path("settings/webhook/remove/", webhooks.webhook_remove, name="webhook_remove"),
    path("banner/", batches.banner, name="banner"),
]
