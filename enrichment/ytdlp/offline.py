"""Made-up answers of YouTube, as small as yt-dlp can read them: what a trial extracts without a
network.

They prove that a version of yt-dlp still lets our own code see what it needs (the verdict, the
title, a caption track, a list page by page), not that it can read YouTube's pages of today: that is
what the real extraction is for.
"""

import json
from typing import Any

Json = dict[str, Any]

VIDEO_ID = "sammelwerk1"
CHANNEL_ID = "UCsammelwerk000000000000"
LIST_ID = "PLsammelwerk0001"
LIST_IDS = ("sammelwerk1", "sammelwerk2", "sammelwerk3")
TITLE = "A clock is wound"
CHANNEL = "Clockwork"
TRACK = "https://www.youtube.com/api/timedtext?v=sammelwerk1&lang=en"
TOKEN = "the-second-page"  # noqa: S105  of a made-up list


def answer_to(url: str, body: bytes) -> str:
    """Answer one request of an extractor: a page, or the JSON of YouTube's own interface.

    LookupError for any other.
    """
    if "/watch?" in url:
        return page(watch_data(), player_response())
    if "/playlist?" in url:
        return page(list_data())
    if "/youtubei/v1/browse" in url:
        if TOKEN in body.decode():
            return json.dumps(second_page())
        return json.dumps(list_data())
    raise LookupError("a request that reading a video or a list never made before")


def page(data: Json, player: Json | None = None) -> str:
    config = {
        "INNERTUBE_API_KEY": "none",
        "INNERTUBE_CONTEXT": {"client": {"clientName": "WEB", "clientVersion": "2.20261020.01.00"}},
        "INNERTUBE_CONTEXT_CLIENT_NAME": 1,
    }
    written = script(f"ytcfg.set({json.dumps(config)});")
    if player is not None:
        written += script(f"var ytInitialPlayerResponse = {json.dumps(player)};")
    written += script(f"var ytInitialData = {json.dumps(data)};")
    return f"<!DOCTYPE html><html><head><title>YouTube</title></head><body>{written}</body></html>"


def script(code: str) -> str:
    return f"<script>{code}</script>"


def player_response() -> Json:
    track = {
        "baseUrl": TRACK,
        "name": {"runs": [{"text": "English"}]},
        "vssId": ".en",
        "languageCode": "en",
    }
    return {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {
            "videoId": VIDEO_ID,
            "title": TITLE,
            "author": CHANNEL,
            "channelId": CHANNEL_ID,
            "lengthSeconds": "75",
            "shortDescription": "",
        },
        "captions": {"playerCaptionsTracklistRenderer": {"captionTracks": [track]}},
        "microformat": {"playerMicroformatRenderer": {"uploadDate": "2024-03-17"}},
    }


def watch_data() -> Json:
    owner = {"title": {"runs": [{"text": CHANNEL}]}}
    contents = [
        {"videoPrimaryInfoRenderer": {"title": {"runs": [{"text": TITLE}]}}},
        {"videoSecondaryInfoRenderer": {"owner": {"videoOwnerRenderer": owner}}},
    ]
    results = {"results": {"results": {"contents": contents}}}
    return {
        "contents": {"twoColumnWatchNextResults": results},
        "currentVideoEndpoint": {"watchEndpoint": {"videoId": VIDEO_ID}},
    }


def list_data() -> Json:
    """The first page of a list of three, with two of them."""
    command = {"token": TOKEN, "request": "CONTINUATION_REQUEST_TYPE_BROWSE"}
    more = {"continuationItemRenderer": {"continuationEndpoint": {"continuationCommand": command}}}
    items = [*map(entry, LIST_IDS[:2]), more]
    videos = {"playlistVideoListRenderer": {"contents": items, "playlistId": LIST_ID}}
    section = {"itemSectionRenderer": {"contents": [videos]}}
    tab = {"selected": True, "content": {"sectionListRenderer": {"contents": [section]}}}
    stats = [{"runs": [{"text": str(len(LIST_IDS))}, {"text": " videos"}]}]
    sidebar = {"playlistSidebarPrimaryInfoRenderer": {"stats": stats}}
    return {
        "contents": {"twoColumnBrowseResultsRenderer": {"tabs": [{"tabRenderer": tab}]}},
        "metadata": {"playlistMetadataRenderer": {"title": TITLE}},
        "sidebar": {"playlistSidebarRenderer": {"items": [sidebar]}},
    }


def second_page() -> Json:
    items = list(map(entry, LIST_IDS[2:]))
    return {
        "onResponseReceivedActions": [
            {"appendContinuationItemsAction": {"continuationItems": items}}
        ]
    }


def entry(video_id: str) -> Json:
    renderer = {
        "videoId": video_id,
        "title": {"runs": [{"text": TITLE}]},
        "lengthSeconds": "75",
        "shortBylineText": {"runs": [{"text": CHANNEL}]},
        "isPlayable": True,
    }
    return {"playlistVideoRenderer": renderer}
