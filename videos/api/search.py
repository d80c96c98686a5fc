"""REST of the search: the words said in the caller's own videos, and where."""

from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from videos.access import list_of
from videos.api.filters import EntryFilter
from videos.api.serializers import VideoSerializer
from videos.models import VideoList
from videos.search.finding import MOST_RESULTS, Found, FoundVideo, find
from videos.search.moments import MOST_HITS

PAGE_SIZE = 20
LARGEST_PAGE = 50


class SearchFilter(EntryFilter):
    """What a search can be narrowed by: the filters of a list."""

    cursor = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_RESULTS, help_text="from the address in `next`"
    )
    page_size = serializers.IntegerField(
        required=False,
        min_value=1,
        max_value=999_999_999,
        help_text=f"videos a page, {PAGE_SIZE} unless told, at most {LARGEST_PAGE}",
    )
    list = serializers.IntegerField(  # the last one, since those above need Python's own `list`
        required=False, min_value=1, max_value=2**31 - 1, help_text="one list instead of all"
    )


class MomentSerializer(serializers.Serializer[Any]):
    """A place in a video where the words are said."""

    start = serializers.FloatField(help_text="seconds, of the cue with the first of the words")
    end = serializers.FloatField(help_text="seconds")
    text = serializers.CharField(help_text="what is said there")
    marks = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField(), min_length=2, max_length=2),
        help_text="the words looked for, as ranges of characters in `text`",
    )


class PlaceSerializer(serializers.Serializer[Any]):
    """A hit outside of the transcript."""

    kind = serializers.ChoiceField(
        choices=["title", "channel", "description", "chapter", "note", "tag"]
    )
    text = serializers.CharField()
    marks = MomentSerializer().fields["marks"]
    start = serializers.FloatField(allow_null=True, help_text="seconds, of a chapter")


class ResultSerializer(serializers.Serializer[Any]):
    video = VideoSerializer()
    lists = serializers.ListField(
        child=serializers.IntegerField(), help_text="the caller's lists that it is in"
    )
    moments = MomentSerializer(many=True, help_text="the best three, in the order of the video")
    hits = serializers.IntegerField(
        help_text=f"how often the words are said; {MOST_HITS}: at least so often"
    )
    places = PlaceSerializer(many=True)


class SearchSerializer(serializers.Serializer[Any]):
    results = ResultSerializer(many=True)
    next = serializers.URLField(allow_null=True)
    total = serializers.IntegerField(help_text="videos found up to here")
    is_exact = serializers.BooleanField(help_text="`total` is all; otherwise there are more")
    missing = serializers.ListField(
        child=serializers.CharField(), help_text="words that are found nowhere"
    )
    notices = serializers.ListField(
        child=serializers.CharField(), help_text="what was left out of the search"
    )


class SearchView(APIView):
    """Look for words in everything said and written in the caller's videos, best first."""

    @extend_schema(
        parameters=[
            OpenApiParameter(
                "q", description='words, `"phrases"`, `-without`, `prefix*`; nothing finds nothing'
            ),
            SearchFilter,
        ],
        responses=SearchSerializer,
    )
    def get(self, request: Request) -> Response:
        filters = SearchFilter(data=request.query_params)
        filters.is_valid(raise_exception=True)
        chosen = filters.validated_data
        answer = find(
            request.user,
            request.query_params.get("q", ""),
            video_list=_list_of(request, chosen.get("list")),
            condition=filters.condition(),
            offset=chosen.get("cursor", 0),
            limit=min(chosen.get("page_size", PAGE_SIZE), LARGEST_PAGE),
        )
        return Response(_answer(request, answer))


def _list_of(request: Request, list_id: int | None) -> VideoList | None:
    """Return the list to search in; Http404 for one that is not the caller's."""
    if list_id is None:
        return None
    return list_of(request.user, list_id)


def _answer(request: Request, answer: Found) -> Mapping[str, Any]:
    following = None
    if answer.next_offset is not None:
        address = request.build_absolute_uri()
        following = replace_query_param(address, "cursor", answer.next_offset)
    return {
        "results": list(map(_result, answer.videos)),
        "next": following,
        "total": answer.total,
        "is_exact": answer.is_exact,
        "missing": answer.missing,
        "notices": answer.notices,
    }


def _result(found: FoundVideo) -> dict[str, Any]:
    """Return a found video with the lists it is in."""
    return {
        "video": VideoSerializer(found.video).data,
        "lists": [entry.video_list_id for entry in found.entries],
        "moments": MomentSerializer(found.moments, many=True).data,
        "hits": found.hits,
        "places": PlaceSerializer(found.places, many=True).data,
    }
