"""What the OpenAPI schema says beyond what it finds in the views: what each call is called, and how
it is refused.
"""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.generators import SchemaGenerator

ERROR = {
    "type": "object",
    "description": "Why a call was refused: one plain sentence in `detail`, or a list of messages"
    " under the name of each field that cannot be used.",
    "properties": {"detail": {"type": "string"}},
    "additionalProperties": True,
}
ERROR_CONTENT = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}

# What programs call each call: clients that are generated take these for the names of functions.
OPERATIONS = {
    "POST /api/token": "token_create",
    "GET /api/lists": "lists_get",
    "POST /api/lists": "list_create",
    "GET /api/lists/{id}": "list_get",
    "PATCH /api/lists/{id}": "list_rename",
    "DELETE /api/lists/{id}": "list_delete",
    "GET /api/lists/{list_id}/videos": "list_videos_get",
    "POST /api/lists/{list_id}/videos": "list_videos_add",
    "POST /api/lists/{list_id}/videos/batch": "list_videos_add_many",
    "DELETE /api/lists/{list_id}/videos/{video_id}": "list_videos_remove",
    "GET /api/lists/{list_id}/follows": "follows_get",
    "POST /api/lists/{list_id}/follows": "follow_start",
    "GET /api/lists/{list_id}/follows/{id}": "follow_get",
    "PATCH /api/lists/{list_id}/follows/{id}": "follow_change",
    "DELETE /api/lists/{list_id}/follows/{id}": "follow_end",
    "POST /api/lists/{list_id}/follows/{id}/check": "follow_check",
    "GET /api/lists/{list_id}/follows/{id}/gone": "follow_gone_get",
    "GET /api/imports": "imports_get",
    "GET /api/imports/{id}": "import_get",
    "GET /api/imports/{id}/items": "import_items_get",
    "POST /api/imports/{id}/pause": "import_pause",
    "POST /api/imports/{id}/resume": "import_resume",
    "POST /api/imports/{id}/cancel": "import_cancel",
    "POST /api/imports/{id}/front": "import_move_to_front",
    "POST /api/imports/{id}/retry": "import_retry",
    "GET /api/videos/{id}": "video_get",
    "POST /api/videos/{id}/retry": "video_retry",
    "POST /api/videos/{id}/refresh": "video_refresh",
    "POST /api/videos/{id}/captions": "video_fetch_captions",
    "GET /api/videos/{id}/transcript": "transcript_get",
    "PUT /api/videos/{id}/transcript": "transcript_upload",
    "DELETE /api/videos/{id}/transcript": "transcript_remove",
    "GET /api/search": "search",
    "GET /api/webhook": "webhook_get",
    "PUT /api/webhook": "webhook_set",
    "DELETE /api/webhook": "webhook_remove",
    "POST /api/webhook/test": "webhook_test",
    "GET /api/webhook/deliveries": "webhook_deliveries_get",
}


class Generator(SchemaGenerator):
    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        schema = super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]
        components = schema["components"]["schemas"]
        components["Error"] = ERROR
        components.pop("FailureRequest", None)  # a failure is only ever answered
        for path, calls in schema["paths"].items():
            for method, call in calls.items():
                call["operationId"] = OPERATIONS[f"{method.upper()} {path}"]
                drop_forms_beside_json(call)
                add_refusals(path, call)
        return schema


def drop_forms_beside_json(call: dict[str, Any]) -> None:
    """Leave out that a call which reads JSON reads forms as well: JSON says more."""
    content = call.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        content.pop("multipart/form-data", None)
        content.pop("application/x-www-form-urlencoded", None)


def add_refusals(path: str, call: dict[str, Any]) -> None:
    for status, description in refusals(path, call):
        answer = {"description": description, "content": ERROR_CONTENT}
        call["responses"].setdefault(status, answer)


def refusals(path: str, call: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the status and the description of each refusal that a view does not name itself."""
    yield "429", "Too many requests; Retry-After says when to go on."
    if "requestBody" in call:
        yield "413", "The body is too large."
        yield "415", "The body is in no format this call reads."
    if "requestBody" in call or has_parameter(call, "in", "query"):
        yield "400", "Something in the request cannot be read."
    if "{" in path or has_parameter(call, "name", "list"):
        yield "404", "There is no such thing among the caller's own."
    if not path.endswith("/token"):
        yield "401", "No token and no session."
        yield "403", "The session's request lacks its CSRF token."


def has_parameter(call: dict[str, Any], key: str, value: str) -> bool:
    """Whether a parameter of the call has this value under this key."""
    for parameter in call.get("parameters", ()):
        if parameter[key] == value:
            return True
    return False
