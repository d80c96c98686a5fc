"""The REST addresses, each with and without its closing slash."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from csp.decorators import csp_update
from django.http import HttpResponse
from django.urls import URLPattern, path, re_path
from django.utils import translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers
from rest_framework.authentication import SessionAuthentication
from rest_framework.authtoken.serializers import AuthTokenSerializer
from rest_framework.authtoken.views import ObtainAuthToken
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from config.api_schema import Generator
from enrichment import api as levers
from importer.following import api as follows
from importer.imports import api as imports
from importer.webhooks import api as webhooks
from videos import two_factor
from videos.api import search
from videos.api import views as videos
from videos.api.authentication import TokenAuthentication
from videos.api.errors import not_found
from videos.api.requests import Form, Json, LoginAttempts, MultiPart, PerCaller, TokensForName
from videos.tokens import create_token_for_login


class TokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="to be sent as `Authorization: Token …`")


class LoginSerializer(AuthTokenSerializer):
    code = serializers.CharField(
        required=False, max_length=32, help_text="where two-factor sign-in is on"
    )


class TokenView(ObtainAuthToken):
    """A token for a user name and password; 20 attempts an hour from one address, 20 wrong
    passwords for one name before the next ones have to wait.
    """

    serializer_class = LoginSerializer
    throttle_classes = (LoginAttempts,)

    @extend_schema(responses=TokenSerializer)
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        name = name_in(request.data)
        if not name:
            return self._answer(request)  # which says what is missing
        by_name = TokensForName()
        if not by_name.take_for_name(name):
            self.throttled(request, by_name.wait())
        response = self._answer(request)
        by_name.give_back()
        return response

    def _answer(self, request: Request) -> Response:
        form = self.get_serializer(data=request.data)
        form.is_valid(raise_exception=True)
        user = form.validated_data["user"]
        self._check_code(request, user, form.validated_data.get("code", ""))
        token = create_token_for_login(owner=user)
        return Response({"token": token.text})

    def _check_code(self, request: Request, user: Any, code: str) -> None:
        """Whoever turned two-factor sign-in on needs its `code`, too."""
        if not two_factor.is_on(user):
            return
        if not code:
            raise ValidationError({"code": [_("The code of your app is needed, too.")]})
        wait = two_factor.check_code(user, code)
        if wait > 1.0:
            self.throttled(request, wait)
        if wait:
            raise ValidationError({"code": [_("This code is wrong.")]})


def name_in(body: Any) -> str:
    """Return the user name that a login gives, "" when it gives none."""
    if not isinstance(body, Mapping):
        return ""
    name = body.get("username")
    if not isinstance(name, str):
        return ""
    return name


@cache
def schema_text(renderer: Any, language: str) -> bytes | str:
    """The schema in one format and language, made once by each process, since it costs a second.

    There are few of both, so whatever a request adds to the address or to its headers, it costs
    and keeps nothing more.
    """
    with translation.override(language):
        schema = Generator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        text: bytes | str = renderer().render(schema, renderer_context={})
        return text


class SchemaView(SpectacularAPIView):
    """The OpenAPI 3 schema."""

    @extend_schema(exclude=True)
    def get(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:
        renderer: Any = request.accepted_renderer
        kind: Any = type(renderer)
        text = schema_text(kind, translation.get_language())
        response = HttpResponse(text, content_type=renderer.media_type)
        response["Content-Disposition"] = f'inline; filename="Sammelwerk.{renderer.format}"'
        return response


@method_decorator(
    csp_update({"style-src": ["'unsafe-inline'"]}), name="dispatch"
)  # Swagger's page styles itself; all of it is local
class DocsView(SpectacularSwaggerSplitView):
    """The schema as a page."""

    url_name = "api_schema"
    template_name = "api_docs.html"


def both(route: str, view: type[APIView], name: str) -> list[URLPattern]:
    """The address with and without its slash.

    Every call reads its body, knows its caller and is throttled in the same way.

    The token comes first, so that a caller without either is answered 401 and not 403. The schema
    names each address once.
    """
    options: dict[str, Any] = {
        "authentication_classes": (TokenAuthentication, SessionAuthentication),
        "parser_classes": (Json, Form, MultiPart),
        "throttle_classes": (PerCaller, *view.throttle_classes),
    }
    return [
        path(route, view.as_view(**options), name=name),
        path(f"{route}/", view.as_view(**options, schema=None)),
    ]


urlpatterns = [
    *both("token", TokenView, "api_token"),
    *both("lists", videos.ListsView, "api_lists"),
    *both("lists/<int:pk>", videos.ListView, "api_list"),
    *both("lists/<int:list_id>/videos", imports.ListVideosImportView, "api_list_videos"),
    *both("lists/<int:list_id>/videos/batch", imports.BatchView, "api_list_batch"),
    *both("lists/<int:list_id>/videos/<int:video_id>", videos.ListVideoView, "api_list_video"),
    *both("lists/<int:list_id>/follows", follows.FollowsView, "api_follows"),
    *both("lists/<int:list_id>/follows/<int:pk>", follows.FollowView, "api_follow"),
    *both(
        "lists/<int:list_id>/follows/<int:pk>/check", follows.FollowCheckView, "api_follow_check"
    ),
    *both("lists/<int:list_id>/follows/<int:pk>/gone", follows.GoneView, "api_follow_gone"),
    *both("webhook", webhooks.WebhookView, "api_webhook"),
    *both("webhook/test", webhooks.WebhookTestView, "api_webhook_test"),
    *both("webhook/deliveries", webhooks.DeliveriesView, "api_webhook_deliveries"),
    *both("imports", imports.ImportsView, "api_imports"),
    *both("imports/<int:pk>", imports.ImportView, "api_import"),
    *both("imports/<int:pk>/items", imports.ImportItemsView, "api_import_items"),
    *both("imports/<int:pk>/pause", imports.PauseView, "api_import_pause"),
    *both("imports/<int:pk>/resume", imports.ResumeView, "api_import_resume"),
    *both("imports/<int:pk>/cancel", imports.CancelView, "api_import_cancel"),
    *both("imports/<int:pk>/front", imports.FrontView, "api_import_front"),
    *both("imports/<int:pk>/retry", imports.RetryView, "api_import_retry"),
    *both("videos/<int:pk>", videos.VideoView, "api_video"),
    *both("videos/<int:pk>/retry", levers.RetryView, "api_video_retry"),
    *both("videos/<int:pk>/refresh", levers.RefreshView, "api_video_refresh"),
    *both("videos/<int:pk>/captions", levers.CaptionsView, "api_video_captions"),
    *both("videos/<int:pk>/transcript", levers.OwnTranscriptView, "api_video_transcript"),
    *both("search", search.SearchView, "api_search"),
    *both("schema", SchemaView, "api_schema"),
    *both("docs", DocsView, "api_docs"),
    re_path("(?P<rest>.*)", not_found),
]
