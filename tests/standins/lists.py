"""Playlists and channels: their pages, and the pages after the first one."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tests.standins.catalogue import Catalogue, channel_handle
from tests.standins.failures import HIDDEN_TITLES, Failure
from tests.standins.pages import clock
from tests.standins.specs import ChannelSpec, PlaylistSpec, VideoSpec

Json = dict[str, Any]
PLAYLIST_PAGE = 100
TAB_PAGE = 30


@dataclass(frozen=True)
class Position:
    """Where a continuation goes on: in which list or tab, from which entry, and whether hidden
    videos are shown.
    """

    source: str
    tab: str = ""
    start: int = 0
    hidden: bool = False

    def to_token(self) -> str:
        return urlsafe_b64encode(
            json.dumps([self.source, self.tab, self.start, self.hidden]).encode()
        ).decode()

    @classmethod
    def of_token(cls, token: str) -> Position | None:
        """None for a token that is not ours."""
        try:
            source, tab, start, hidden = json.loads(urlsafe_b64decode(token.encode()))
        except ValueError:
            return None
        return cls(source, tab, start, hidden)


class Lists:
    """Answers about lists, from the catalogue."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def playlist_data(self, playlist_id: str, *, hidden: bool = False) -> Json:
        """The first page of a playlist, as page data or as what `browse` answers."""
        playlist = self._catalogue.find_playlist(playlist_id)
        if playlist is None:
            return {"alerts": [_alert("ERROR", "The playlist does not exist.")]}
        if playlist.error:
            return {"alerts": [_alert("ERROR", playlist.error)]}
        items = self._playlist_items(playlist, Position(playlist_id, hidden=hidden))
        section = {
            "contents": items
            if playlist.lockups
            else [{"playlistVideoListRenderer": {"contents": items, "playlistId": playlist_id}}]
        }
        tab = {
            "selected": True,
            "content": {"sectionListRenderer": {"contents": [{"itemSectionRenderer": section}]}},
        }
        data: Json = {
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
            "metadata": {
                "playlistMetadataRenderer": {
                    "title": playlist.title,
                    "description": playlist.description,
                }
            },
            "sidebar": _sidebar(playlist),
            "microformat": {"microformatDataRenderer": {"unlisted": False, "noindex": False}},
        }
        if not hidden and len(self._visible(playlist, hidden=False)) < len(playlist.video_ids):
            data["alerts"] = [_alert("INFO", "Unavailable videos are hidden")]
        return data

    def channel_data(self, channel: ChannelSpec, tab: str) -> Json:
        """The first page of a channel's tab, or its home page when it has no such tab."""
        if channel.error:
            return {"alerts": [_alert("ERROR", channel.error)]}
        if channel.moved_to:
            url = {"webCommandMetadata": {"url": f"/{channel.moved_to}"}}
            action = {"navigateAction": {"endpoint": {"commandMetadata": url}}}
            return {"onResponseReceivedActions": [action]}
        if tab == "live" and channel.live:
            return {"currentVideoEndpoint": {"watchEndpoint": {"videoId": channel.live}}}
        handle = channel_handle(channel)
        filled = {name: ids for name, ids in tabs_of(channel).items() if ids}
        shown = tab if tab in filled else "featured"
        renderers = [_tab(handle, "featured", [] if shown == "featured" else None)]
        for name, ids in filled.items():
            items = None
            if name == shown:
                items = self._tab_items(ids, Position(channel.channel_id, name))
            renderers.append(_tab(handle, name, items))
        metadata = {
            "title": channel.name,
            "externalId": channel.channel_id,
            "description": "",
            "vanityChannelUrl": f"http://www.youtube.com/{handle}",
            "ownerUrls": [f"http://www.youtube.com/{handle}"],
        }
        return {
            "contents": {"twoColumnBrowseResultsRenderer": {"tabs": renderers}},
            "metadata": {"channelMetadataRenderer": metadata},
        }

    def continued(self, token: str) -> Json | None:
        """The page behind a continuation token; None for one that leads nowhere."""
        position = Position.of_token(token)
        if position is None:
            return None
        if playlist := self._catalogue.find_playlist(position.source):
            items = self._playlist_items(playlist, position)
        elif channel := self._catalogue.find_channel(position.source):
            items = self._tab_items(tabs_of(channel)[position.tab], position)
        else:
            return None
        return {
            "responseContext": {"visitorData": f"visitor-of-{position.start}"},
            "onResponseReceivedActions": [
                {"appendContinuationItemsAction": {"continuationItems": items}}
            ],
        }

    def _visible(self, playlist: PlaylistSpec, *, hidden: bool) -> Sequence[str]:
        if hidden:
            return playlist.video_ids
        return [
            video_id
            for video_id in playlist.video_ids
            if self._catalogue.failure_of(video_id) not in HIDDEN_TITLES
        ]

    def _playlist_items(self, playlist: PlaylistSpec, position: Position) -> list[Json]:
        visible = self._visible(playlist, hidden=position.hidden)
        end = position.start + PLAYLIST_PAGE
        entry = lockup if playlist.lockups else _playlist_video
        items = [
            entry(self._catalogue.video(video_id)) for video_id in visible[position.start : end]
        ]
        if playlist.ends_at is not None and end >= playlist.ends_at:
            return items[: max(playlist.ends_at - position.start, 0)]
        if playlist.circles and position.start:
            items.append(_continuation(position))
        elif end < len(visible):
            items.append(_continuation(Position(playlist.playlist_id, "", end, position.hidden)))
        return items

    def _tab_items(self, ids: Sequence[str], position: Position) -> list[Json]:
        end = position.start + TAB_PAGE
        videos = (self._catalogue.video(video_id) for video_id in ids[position.start : end])
        items: list[Json] = [
            {"richItemRenderer": {"content": lockup(video, named=False)}} for video in videos
        ]
        if end < len(ids):
            items.append(_continuation(Position(position.source, position.tab, end)))
        return items


def tabs_of(channel: ChannelSpec) -> dict[str, tuple[str, ...]]:
    """The videos of each tab that can have any."""
    return {"videos": channel.video_ids, "streams": channel.streams, "shorts": channel.shorts}


def _tab(handle: str, name: str, items: list[Json] | None) -> Json:
    titles = {"featured": "Home", "videos": "Videos", "streams": "Live", "shorts": "Shorts"}
    title = titles[name]
    endpoint = {"commandMetadata": {"webCommandMetadata": {"url": f"/{handle}/{name}"}}}
    renderer: Json = {"title": title, "endpoint": endpoint}
    if items is not None:
        renderer |= {"selected": True, "content": {"richGridRenderer": {"contents": items}}}
    return {"tabRenderer": renderer}


def _playlist_video(video: VideoSpec) -> Json:
    """One entry of the older kind.

    Of a private or deleted video there is a title in brackets, and nothing else.
    """
    renderer: Json = {"videoId": video.video_id, "thumbnail": {"thumbnails": [_thumbnail(video)]}}
    if video.failure in HIDDEN_TITLES:
        return {
            "playlistVideoRenderer": {
                **renderer,
                "title": {"runs": [{"text": HIDDEN_TITLES[video.failure]}]},
                "isPlayable": False,
            }
        }
    endpoint = {
        "browseEndpoint": {"browseId": video.channel_id, "canonicalBaseUrl": f"/{video.handle}"}
    }
    renderer |= {
        "title": {"runs": [{"text": video.title}]},
        "lengthSeconds": str(video.duration),
        "lengthText": {"simpleText": clock(video.duration)},
        "shortBylineText": {"runs": [{"text": video.channel, "navigationEndpoint": endpoint}]},
        "isPlayable": True,
        "videoInfo": {
            "runs": [{"text": f"{video.views:,} views"}, {"text": " • "}, {"text": "2 years ago"}]
        },
    }
    if video.starts_at:
        renderer["upcomingEventData"] = {"startTime": str(int(video.starts_at.timestamp()))}
    return {"playlistVideoRenderer": renderer}


def lockup(video: VideoSpec, *, named: bool = True) -> Json:
    """One entry of the newer kind.

    `named` False: without the channel, as in a channel's own tabs.
    """
    hidden = HIDDEN_TITLES.get(video.failure) if video.failure else None
    rows: list[Json] = []
    if named and not hidden:
        tap = {
            "innertubeCommand": {
                "browseEndpoint": {
                    "browseId": video.channel_id,
                    "canonicalBaseUrl": f"/{video.handle}",
                }
            }
        }
        rows.append(
            {
                "metadataParts": [
                    {"text": {"content": video.channel, "commandRuns": [{"onTap": tap}]}}
                ]
            }
        )
    parts = [
        {"text": {"content": f"{video.views} views"}},
        {"text": {"content": "2 years ago"}, "accessibilityLabel": "2 years ago"},
    ]
    rows.append({"metadataParts": parts})
    if video.failure in {Failure.MEMBERS, Failure.MEMBERS_LEVEL}:
        rows.append(
            {
                "badges": [
                    {
                        "badgeViewModel": {
                            "badgeStyle": "BADGE_MEMBERS_ONLY",
                            "badgeText": "Members only",
                        }
                    }
                ],
                "metadataParts": parts,
            }
        )
    badge = {
        "thumbnailBadgeViewModel": {
            "text": clock(video.duration),
            "badgeStyle": "THUMBNAIL_OVERLAY_BADGE_STYLE_DEFAULT",
        }
    }
    overlays = [] if hidden else [{"thumbnailBottomOverlayViewModel": {"badges": [badge]}}]
    return {
        "lockupViewModel": {
            "contentId": video.video_id,
            "contentType": "LOCKUP_CONTENT_TYPE_VIDEO",
            "contentImage": {
                "thumbnailViewModel": {
                    "image": {"sources": [_thumbnail(video)]},
                    "overlays": overlays,
                }
            },
            "metadata": {
                "lockupMetadataViewModel": {
                    "title": {"content": hidden or video.title},
                    "metadata": {
                        "contentMetadataViewModel": {"metadataRows": rows, "delimiter": " • "}
                    },
                }
            },
        }
    }


def _thumbnail(video: VideoSpec) -> Json:
    return {
        "url": f"https://i.ytimg.com/vi/{video.video_id}/hqdefault.jpg",
        "width": 336,
        "height": 188,
    }


def _continuation(position: Position) -> Json:
    command = {"token": position.to_token(), "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}
    return {
        "continuationItemRenderer": {
            "trigger": "CONTINUATION_TRIGGER_ON_ITEM_SHOWN",
            "continuationEndpoint": {"continuationCommand": command},
        }
    }


def _alert(kind: str, text: str) -> Json:
    return {"alertRenderer": {"type": kind, "text": {"runs": [{"text": text}]}}}


def _sidebar(playlist: PlaylistSpec) -> Json:
    owner = VideoSpec("", channel=playlist.channel)
    endpoint = {
        "browseEndpoint": {"browseId": owner.channel_id, "canonicalBaseUrl": f"/{owner.handle}"}
    }
    announced = len(playlist.video_ids) if playlist.announced is None else playlist.announced
    stats = [
        {"runs": [{"text": f"{announced:,}"}, {"text": " videos"}]},
        {"simpleText": "4,321 views"},
    ]
    title = {"runs": [{"text": playlist.channel, "navigationEndpoint": endpoint}]}
    items = [
        {
            "playlistSidebarPrimaryInfoRenderer": {
                "title": {"runs": [{"text": playlist.title}]},
                "stats": stats,
            }
        },
        {
            "playlistSidebarSecondaryInfoRenderer": {
                "videoOwner": {"videoOwnerRenderer": {"title": title}}
            }
        },
    ]
    return {"playlistSidebarRenderer": {"items": items}}
