"""What the OpenAPI schema says beyond what it finds in the views: how a call is refused."""

from typing import Any

from drf_spectacular.openapi import AutoSchema

DETAIL = {"type": "object", "properties": {"detail": {"type": "string"}}, "required": ["detail"]}
FIELDS = {"type": "object", "additionalProperties": True, "description": "`detail`, or a list of messages for each field"}


class Described(AutoSchema):
    def get_operation(self, *args: Any, **kwargs: Any) -> Any:
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            for status, description, body in self._refusals(operation):
                content = {"application/json": {"schema": body}}
                operation["responses"].setdefault(status, {"description": description, "content": content})
        return operation

    def _refusals(self, operation: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
        refusals: list[tuple[str, str, dict[str, Any]]] = [("429", "Too many requests; Retry-After says when to go on.", DETAIL)]
        if "requestBody" in operation:
            refusals += [("413", "The body is too large.", DETAIL), ("415", "The body is in no format this call reads.", DETAIL)]
        if "requestBody" in operation or any(one["in"] == "query" for one in operation.get("parameters", ())):
            refusals.append(("400", "Something in the request cannot be read.", FIELDS))
        if "{" in self.path:
            refusals.append(("404", "There is no such thing among the caller's own.", DETAIL))
        if self.view.permission_classes:
            refusals += [("401", "No token and no session.", DETAIL), ("403", "The session's request lacks its CSRF token.", DETAIL)]
        return refusals
