"""Every address. Pages and REST belong to the app whose noun they name."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz
from config.metrics import metrics
from videos.views import openid
from videos.views.login import AdminLoginView, LoginView
from videos.views.two_factor import login_code

urlpatterns = [
    path("healthz", healthz, name="healthz"),
    path("healthz/", healthz),
    path("metrics", metrics, name="metrics"),
    path(
        "admin/login/", AdminLoginView.as_view()
    ),  # the same login, with the same count of what is tried
    path("admin/", admin.site.urls),
    path("api/", include("config.api")),
    path("accounts/login/", LoginView.as_view(), name="login"),
    path("accounts/login/code/", login_code, name="login_code"),
    path("accounts/openid/", openid.openid_begin, name="openid_begin"),
    path("accounts/openid/back/", openid.openid_back, name="openid_back"),
    path("accounts/", include("django.contrib.auth.urls")),
    path("", include("importer.urls")),
    path("", include("enrichment.urls")),
    path("", include("videos.urls")),
]

handler500 = "videos.views.errors.server_error"
