"""A list's feed and its page for anybody with the link, and the dialog in which its owner makes and
removes their addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import wraps

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.feedgenerator import Atom1Feed
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from videos.access import Request, list_of, signed_in, too_many_requests
from videos.api.requests import PerCaller
from videos.contexts import hue
from videos.models import ListEntry, ListShare, VideoList
from videos.sharing import find_shared_list, share_list, shared_entries, stop_sharing
from videos.text import number_from
from videos.titles import title_of

FEED_SIZE = 50  # videos in a feed
PAGE_SIZE = 60  # videos on a page
Kind = ListShare.Kind
ADDRESSES = {Kind.FEED: "feed", Kind.PAGE: "shared_list"}  # the names of their views

# The owner's dialog -------------------------------------------------------------------------------


@signed_in
@never_cache
def list_share(request: Request, list_id: int) -> HttpResponse:
    """Show the addresses of a list. POST with `kind` makes one, with `remove` removes it."""
    video_list = list_of(request.user, list_id)
    if request.method == "POST":
        change_share(request, video_list)
        if not request.htmx:
            return redirect("list_share", list_id)
    template = "videos/list_share.html"
    if request.htmx:
        template = "videos/_list_share.html"
    context = {"video_list": video_list, **addresses_of(request, video_list)}
    return render(request, template, context)


def change_share(request: Request, video_list: VideoList) -> None:
    kind = request.POST.get("kind", "")
    if kind not in Kind.values:
        raise Http404
    if request.POST.get("remove"):
        stop_sharing(video_list=video_list, kind=kind)
    else:
        share_list(video_list=video_list, kind=kind)


def addresses_of(request: Request, video_list: VideoList) -> dict[str, str]:
    """Return the addresses by kind; "" where there is none."""
    found = dict.fromkeys(Kind.values, "")
    for share in ListShare.objects.filter(video_list=video_list):
        path = reverse(ADDRESSES[Kind(share.kind)], args=[share.token])
        found[share.kind] = request.build_absolute_uri(path)
    return found


# What anybody with the address reads --------------------------------------------------------------

PublicView = Callable[[HttpRequest, VideoList], HttpResponse]


def for_anybody(kind: Kind) -> Callable[[PublicView], Callable[[HttpRequest, str], HttpResponse]]:
    """Hand the list of the address to the view; 404 without one.

    Nobody keeps the answer, no search engine takes it in, and no site learns the address.
    """

    def decorate(view: PublicView) -> Callable[[HttpRequest, str], HttpResponse]:
        @wraps(view)
        def answer(request: HttpRequest, share_token: str) -> HttpResponse:
            rate = PerCaller()
            if not rate.take_of_address(request.META.get("REMOTE_ADDR", "")):
                return too_many_requests(rate.wait())
            video_list = find_shared_list(share_token, kind)
            if video_list is None:
                raise Http404
            response = view(request, video_list)
            response["X-Robots-Tag"] = "noindex, nofollow"
            response["Referrer-Policy"] = "no-referrer"
            return response

        return require_GET(never_cache(answer))

    return decorate


@for_anybody(Kind.FEED)
def feed(request: HttpRequest, video_list: VideoList) -> HttpResponse:
    """The newest complete videos as an Atom feed."""
    feed = Atom1Feed(
        title=video_list.name,
        link=request.build_absolute_uri(video_list.get_absolute_url()),
        description=None,
        feed_url=request.build_absolute_uri(),
    )
    for entry in shared_entries(video_list)[:FEED_SIZE]:
        feed.add_item(
            title=title_of(entry.video),
            link=entry.video.youtube_url,
            description="",
            author_name=entry.video.channel or None,
            pubdate=entry.added_at,
            updateddate=entry.added_at,
        )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


@dataclass(frozen=True)
class SharedVideo:
    """A video as anybody sees it."""

    title: str
    shown_id: str  # YouTube's id, where there is no title; else ""
    channel: str
    url: str
    duration: int | None
    added_at: datetime
    picture: str  # its address; "" where pictures are kept here, for those who are signed in
    hue: int


@for_anybody(Kind.PAGE)
def shared_list(request: HttpRequest, video_list: VideoList) -> HttpResponse:
    """The complete videos as a page to read, those below the position `before`."""
    entries = shared_entries(video_list)
    before = number_from(request.GET.get("before", ""))
    if before is not None:
        entries = entries.filter(position__lt=before)
    rows = list(entries[: PAGE_SIZE + 1])
    shown = rows[:PAGE_SIZE]
    following = None
    if len(rows) > PAGE_SIZE:
        following = shown[-1].position
    context = {
        "name": video_list.name,
        "videos": list(map(shared_video, shown)),
        "before": before,
        "following": following,
    }
    return render(request, "videos/shared_list.html", context)


def shared_video(entry: ListEntry) -> SharedVideo:
    video = entry.video
    picture = video.thumbnail_url
    if settings.KEEP_THUMBNAILS:
        picture = ""
    shown_id = video.youtube_id
    if video.title:
        shown_id = ""
    return SharedVideo(
        title=title_of(video),
        shown_id=shown_id,
        channel=video.channel,
        url=video.youtube_url,
        duration=video.duration,
        added_at=entry.added_at,
        picture=picture,
        hue=hue(video),
    )
