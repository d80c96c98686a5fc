"""Pages of the library."""

from django.urls import include, path, re_path

from videos.views import account, all_videos, changes, entries, lists, tags, two_factor, videos

urlpatterns = [
    path("", lists.list_index, name="list_index"),
    path("lists/new/", lists.list_create, name="list_create"),
    path("lists/<int:list_id>/", lists.list_detail, name="list_detail"),
    path("lists/<int:list_id>/cards/", lists.list_cards, name="list_cards"),
    path("lists/<int:list_id>/facets/", lists.list_facets, name="list_facets"),
    path("lists/<int:list_id>/rename/", lists.list_rename, name="list_rename"),
    path("lists/<int:list_id>/delete/", lists.list_delete, name="list_delete"),
    path("lists/<int:list_id>/undelete/", lists.list_restore, name="list_restore"),
    path("lists/<int:list_id>/remove/", entries.entry_remove, name="entry_remove"),
    path("lists/<int:list_id>/ids/", entries.entry_ids, name="entry_ids"),
    path("tags/", tags.tag_list, name="tag_list"),
    path("tags/names/", tags.tag_names, name="tag_names"),
    path("tags/<int:tag_id>/rename/", tags.tag_rename, name="tag_rename"),
    path("tags/<int:tag_id>/delete/", tags.tag_delete, name="tag_delete"),
    path("changes/", changes.change_list, name="change_list"),
    path("changes/<int:change_id>/undo/", changes.change_undo, name="change_undo"),
    path("lists/<int:list_id>/move/", entries.entry_move, name="entry_move"),
    path("lists/<int:list_id>/tag/", entries.entry_tag, name="entry_tag"),
    path("lists/<int:list_id>/videos/<int:video_id>/note/", entries.entry_note, name="entry_note"),
    path("lists/<int:list_id>/export/", entries.entry_export, name="entry_export"),
    path("videos/", all_videos.video_list, name="video_list"),
    path("videos/cards/", all_videos.video_cards, name="video_cards"),
    path("videos/facets/", all_videos.video_facets, name="video_facets"),
    path("videos/failures/", all_videos.video_failures, name="video_failures"),
    path("videos/<int:video_id>/", videos.video_detail, name="video_detail"),
    path("videos/<int:video_id>/position/", videos.video_position, name="video_position"),
    path("videos/<int:video_id>/transcript/", videos.video_transcript, name="video_transcript"),
    re_path(
        r"^thumbnails/(?P<youtube_id>[A-Za-z0-9_-]{11})/$",
        videos.video_thumbnail,
        name="video_thumbnail",
    ),
    path("", include("videos.search.urls")),
    path("settings/", account.settings, name="settings"),
    path("settings/captions/", account.set_caption_languages, name="set_caption_languages"),
    path("settings/tokens/", account.token_create, name="token_create"),
    path("settings/tokens/<int:token_id>/remove/", account.token_remove, name="token_remove"),
    path("settings/two-factor/", two_factor.settings_two_factor, name="two_factor"),
    path(
        "settings/two-factor/codes/",
        two_factor.settings_recovery_codes,
        name="two_factor_codes",
    ),
    path("settings/two-factor/off/", two_factor.settings_two_factor_off, name="two_factor_off"),
    path("settings/theme/", account.set_theme, name="set_theme"),
]
