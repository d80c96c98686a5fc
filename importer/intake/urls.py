"""Pages of giving addresses and files."""

from django.urls import path

from importer.intake import views

urlpatterns = [
    path("import/", views.import_create, name="import_start"),
    path("import/from-anywhere/", views.bookmarklets, name="bookmarklets"),
    path("import/preview/", views.import_preview, name="import_preview"),
    path("lists/<int:list_id>/import/", views.import_create, name="import_create"),
]
