"""What the OpenAPI schema says beyond what it finds in the views: how a call is refused."""

from collections.abc import Iterator
from typing import Any

from drf_spectacular.generators import SchemaGenerator

Refusal = tuple[str, str, dict[str, Any]]  # status, description, schema of the body
DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
FIELDS = {
    "type": "object",
    "additionalProperties": True,
    "description": "`detail`, or a list of messages for each field",
}


class Generator(SchemaGenerator):
    def get_schema(self, *args: Any, **kwargs: Any) -> Any:
        schema = super().get_schema(*args, **kwargs)  # type: ignore[no-untyped-call]
        for path, calls in schema["paths"].items():
            for call in calls.values():
                for form in (
                    "multipart/form-data",
                    "application/x-www-form-urlencoded",
                ):  # read as well, but JSON says more
                    call.get("requestBody", {}).get("content", {}).pop(form, None)
                for status, description, body in refusals(path, call):
                    content = {"application/json": {"schema": body}}
                    call["responses"].setdefault(
                        status, {"description": description, "content": content}
                    )
        return schema


def refusals(path: str, call: dict[str, Any]) -> Iterator[Refusal]:
    yield "429", "Too many requests; Retry-After says when to go on.", DETAIL
    if "requestBody" in call:
        yield "413", "The body is too large.", DETAIL
        yield "415", "The body is in no format this call reads.", DETAIL
    if "requestBody" in call or any(one["in"] == "query" for one in call.get("parameters", ())):
        yield "400", "Something in the request cannot be read.", FIELDS
    if "{" in path or any(one["name"] == "list" for one in call.get("parameters", ())):
        yield "404", "There is no such thing among the caller's own.", DETAIL
    if not path.endswith("/token"):
        yield "401", "No token and no session.", DETAIL
        yield "403", "The session's request lacks its CSRF token.", DETAIL
