"""The player answer: what is playable, the details, the captions and the formats, as each client
gets them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from tests.standins.captions import tracklist
from tests.standins.failures import LATER, VERDICTS, Failure, playability
from tests.standins.media import audio_formats
from tests.standins.specs import VideoSpec

Json = dict[str, Any]
PLAIN_CLIENTS = frozenset({"ANDROID", "ANDROID_VR", "IOS"})
_NO_KIDS = frozenset({"VISIONOS", "ANDROID_VR"})
_STORYBOARDS = "https://i.ytimg.com/sb/{}/storyboard3_L$L/$N.jpg?sqp=-|48#27#100#10#10#0#default#rs$A|80#45#97#10#10#10000#M$M#rs$B"
"""Strips of small pictures. yt-dlp counts them as formats, so a playable video has some even where
it has no sound and no picture.
"""
_KIDS_REFUSED = {"status": "UNPLAYABLE", "reason": "This video is not available"}


def player_response(video: VideoSpec, client: str, translations: Sequence[str] = ()) -> Json:
    """The answer for one client.

    WEB's has no formats (they come another way nowadays) and is the only one with a microformat.
    """
    if video.made_for_kids and client in _NO_KIDS:
        return {"playabilityStatus": _KIDS_REFUSED, "videoDetails": _details(video)}
    answer: Json = {
        "responseContext": {"visitorData": "CgtzdGFuZC1pbg%3D%3D"},
        "playabilityStatus": _playability(video, client),
    }
    if not tells_details(video):
        return answer
    answer["videoDetails"] = _details(video)
    if client == "WEB":
        answer["microformat"] = _microformat(video)
    if video.failure is None and (
        captions := tracklist(video, translations if client == "WEB" else (), client)
    ):
        answer["captions"] = captions
    if video.failure is None:
        answer["storyboards"] = {
            "playerStoryboardSpecRenderer": {
                "spec": _STORYBOARDS.format(video.video_id),
                "recommendedLevel": 2,
            }
        }
    if streaming := _streaming(video, client):
        answer["streamingData"] = streaming
    if video.riddle:
        answer["captions"] = tracklist(video, (), client) or {
            "playerCaptionsTracklistRenderer": {"captionTracks": [{"baseUrl": "https://x.example"}]}
        }
        for track in answer["captions"]["playerCaptionsTracklistRenderer"]["captionTracks"]:
            track["vssId"] = 7
    return answer


def tells_details(video: VideoSpec) -> bool:
    """Whether YouTube still tells title and channel."""
    return video.failure is None or VERDICTS[video.failure].details


def _playability(video: VideoSpec, client: str) -> Json:
    if video.failure is None:
        return {"status": "OK", "playableInEmbed": True}
    return playability(
        video.failure,
        plain=client in PLAIN_CLIENTS,
        starts_at=video.starts_at,
        reason=video.verdict_reason,
        status=video.verdict_status,
    )


def _details(video: VideoSpec) -> Json:
    live, coming = video.failure is Failure.LIVE, video.failure in LATER
    details: Json = {
        "videoId": video.video_id,
        "title": video.title,
        "lengthSeconds": "0" if live or coming else str(video.duration),
        "channelId": video.channel_id,
        "isOwnerViewing": False,
        "shortDescription": video.description,
        "isCrawlable": not video.unlisted,
        "thumbnail": {
            "thumbnails": [
                {
                    "url": f"https://i.ytimg.com/vi/{video.video_id}/hqdefault.jpg",
                    "width": 480,
                    "height": 360,
                }
            ]
        },
        "allowRatings": True,
        "viewCount": str(video.views),
        "author": video.channel,
        "isPrivate": False,
        "isUnpluggedCorpus": False,
        "isLiveContent": live or coming or video.failure is Failure.LIVE_ENDED,
    }
    if live:
        details["isLive"] = True
    if coming:
        details["isUpcoming"] = True
    return details


def _microformat(video: VideoSpec) -> Json:
    renderer: Json = {
        "title": {"simpleText": video.title},
        "description": {"simpleText": video.description},
        "lengthSeconds": str(video.duration),
        "ownerProfileUrl": f"http://www.youtube.com/{video.handle}",
        "externalChannelId": video.channel_id,
        "isFamilySafe": video.failure not in {Failure.AGE, Failure.AGE_INAPPROPRIATE},
        "availableCountries": list(video.countries),
        "isUnlisted": video.unlisted,
        "hasYpcMetadata": False,
        "viewCount": str(video.views),
        "category": video.category,
        "publishDate": video.uploaded,
        "ownerChannelName": video.channel,
        "uploadDate": video.uploaded,
    }
    if video.failure in LATER and video.starts_at:
        renderer["liveBroadcastDetails"] = {
            "isLiveNow": False,
            "startTimestamp": video.starts_at.isoformat(),
        }
    if video.failure is Failure.LIVE:
        renderer["liveBroadcastDetails"] = {"isLiveNow": True, "startTimestamp": video.uploaded}
    return {"playerMicroformatRenderer": renderer}


def _streaming(video: VideoSpec, client: str) -> Json:
    if video.failure is Failure.LIVE:
        return {
            "hlsManifestUrl": f"https://manifest.googlevideo.com/api/manifest/hls_variant/id/{video.video_id}/index.m3u8"
        }
    if video.failure is Failure.DRM:
        return {
            "licenseInfos": [{"drmFamily": "WIDEVINE", "url": "https://www.youtube.com/drm"}],
            "adaptiveFormats": [],
        }
    if video.failure is not None or client == "WEB":
        return {}
    if not video.playable:
        return {
            "serverAbrStreamingUrl": "https://rr1---sn-standin.googlevideo.com/videoplayback?sabr=1"
        }
    return {
        "expiresInSeconds": "21540",
        "adaptiveFormats": audio_formats(video),
        "aspectRatio": 1.7777778,
    }


def judged(video: VideoSpec, failure: Failure) -> VideoSpec:
    """The video as someone sees it whom YouTube has thrown out."""
    return replace(video, failure=failure, verdict_reason=None)
