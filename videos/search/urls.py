"""Pages of the search."""

from django.urls import path

from videos.search import actions, quote_views, saved_views, views

urlpatterns = [
    path("search/", views.search, name="search"),
    path("search/ids/", views.search_ids, name="search_ids"),
    path("search/cards/", views.search_cards, name="search_cards"),
    path("search/moments/", views.search_moments, name="search_moments"),
    path("search/later/", views.search_later, name="search_later"),
    path("search/building/", views.search_building, name="search_building"),
    path("search/saved/", saved_views.search_saved, name="search_saved"),
    path("search/save/", saved_views.search_save, name="search_save"),
    path("search/saved/<int:saved_id>/forget/", saved_views.search_forget, name="search_forget"),
    path("search/remove/", actions.found_remove, name="found_remove"),
    path("search/move/", actions.found_move, name="found_move"),
    path("search/tag/", actions.found_tag, name="found_tag"),
    path("search/export/", actions.found_export, name="found_export"),
    path("search/undo/", actions.found_undo, name="search_undo"),
    path("videos/<int:video_id>/quote/", quote_views.quote_detail, name="quote_detail"),
]
