"""Pages of webhooks."""

from django.urls import path

from importer.webhooks import views

urlpatterns = [
    path("settings/webhook/", views.webhook, name="webhook"),
    path("settings/webhook/test/", views.webhook_test, name="webhook_test"),
    path("settings/webhook/remove/", views.webhook_remove, name="webhook_remove"),
]
