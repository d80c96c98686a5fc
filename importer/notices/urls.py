"""Addresses of notices."""

from django.urls import path

from importer.notices import views

urlpatterns = [
    path("settings/mail/", views.set_mail, name="set_mail"),
    path("i18n/setlang/", views.choose_language, name="set_language"),
]
