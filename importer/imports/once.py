"""The `Idempotency-Key` header: a caller that never saw the answer sends the request again, and
nothing happens twice.
"""

import json
from collections.abc import Callable
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import status
from rest_framework.exceptions import APIException, ParseError, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from importer.imports.idempotency import Answer, KeyReused, answer_once
from videos.api.errors import ErrorSerializer

LONGEST_KEY = 200  # characters

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key",
    str,
    OpenApiParameter.HEADER,
    description="Any text of up to 200 characters. The same request with the same key within "
    "24 hours is answered as the first one was, with `Idempotent-Replayed: true`, "
    "and does nothing.",
)
KEY_REUSED = OpenApiResponse(ErrorSerializer, "The Idempotency-Key stands for another request.")


class AnotherRequest(APIException):
    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_detail = _("This Idempotency-Key was used for another request.")
    default_code = "idempotency_key_reused"


def once(request: Request, work: Callable[[], Response]) -> Response:
    """Return what `work` answers; with a key the caller used before, what it answered then.

    Errors it raises are not remembered.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        return work()
    return _answer_for_key(request, key, work)


def _answer_for_key(request: Request, key: str, work: Callable[[], Response]) -> Response:
    if not (0 < len(key) <= LONGEST_KEY and key.isprintable()):
        raise ValidationError({"Idempotency-Key": [_("A key has 1 to 200 printable characters.")]})
    try:
        answer = answer_once(
            owner=request.user, key=key, request=_asked(request), work=lambda: _answer(work())
        )
    except KeyReused:
        raise AnotherRequest from None
    response = Response(answer.body, status=answer.status)
    if answer.again:
        response["Idempotent-Replayed"] = "true"
    return response


def _asked(request: Request) -> str:
    data: Any = request.data
    if isinstance(data, QueryDict):
        data = dict(data.lists())
    try:
        body = json.dumps(data, sort_keys=True, default=str)
    except RecursionError:
        raise ParseError(_("This JSON is nested too deeply.")) from None
    return f"{request.method} {request.path.rstrip('/')} {body}"


def _answer(response: Response) -> Answer:
    return Answer(response.status_code, response.data)
