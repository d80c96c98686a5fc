"""Every address. Pages and REST belong to the app whose noun they name."""

from django.contrib import admin
from django.urls import path

urlpatterns = [path("admin/", admin.site.urls)]
