"""Pages of followed playlists and channels."""

from django.urls import path

from importer.following import views

urlpatterns = [
    path("follows/", views.follow_index, name="follow_index"),
    path(
        "lists/<int:list_id>/follows/<int:follow_id>/filters/",
        views.follow_filters,
        name="follow_filters",
    ),
    path("lists/<int:list_id>/follows/", views.follow_list, name="follow_list"),
    path("lists/<int:list_id>/follows/<int:follow_id>/", views.follow_detail, name="follow_detail"),
    path(
        "lists/<int:list_id>/follows/<int:follow_id>/check/",
        views.follow_check,
        name="follow_check",
    ),
    path("lists/<int:list_id>/follows/<int:follow_id>/end/", views.follow_end, name="follow_end"),
]
