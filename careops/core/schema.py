"""How drf-spectacular reads the declarations that the views run on. ``docs.py`` serves what it makes."""

from collections.abc import Collection, Mapping
from typing import Any, Literal

import django_filters
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import get_doc
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import AllowAny

from careops.core.bodies import Body
from careops.core.filters import AfterFilter, ChoicesFilter, FlagFilter, IdFilter
from careops.core.problems import CONTENT_TYPE
from careops.core.views import ResourceView

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER,
    description="Sent again within 24 hours with the same body, it answers the first outcome.",
)  # fmt: skip
IF_MATCH = OpenApiParameter(
    "If-Match",
    str,
    OpenApiParameter.HEADER,
    description="The ETag you read; 412 when the object has changed since.",
)
ETAG = OpenApiParameter("ETag", str, OpenApiParameter.HEADER, response=[200, 201])


class ProblemErrorSerializer(serializers.Serializer[Any]):
    field = serializers.CharField(allow_blank=True)
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457, with a stable ``code``."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    code = serializers.CharField()
    error = serializers.CharField(help_text="The same as `detail`, under the name that some clients read.")
    message = serializers.CharField(help_text="The same as `detail`, under the name that some clients read.")
    errors = ProblemErrorSerializer(many=True, required=False)  # type: ignore[assignment]
    request_id = serializers.CharField()


class CareOpsSchema(AutoSchema):
    """Reads ``read``, ``write``, filters, search and ordering off a ResourceView, and adds what is the same for all."""

    @property
    def _resource(self) -> ResourceView | None:
        return self.view if isinstance(self.view, ResourceView) else None

    def get_response_serializers(self) -> Any:
        return self._resource.read if self._resource else super().get_response_serializers()

    def get_request_serializer(self) -> Any:
        if self._resource is None:
            return super().get_request_serializer()
        return self._resource.write.get(self._resource.action)

    def _map_basic_serializer(self, serializer: Any, direction: Literal["request", "response"]) -> Any:
        """A strict body says that it takes no other member."""
        schema = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        strict = direction == "request" and isinstance(serializer, Body)
        return {**schema, "additionalProperties": False} if strict else schema

    def get_operation_id(self) -> str:
        actions = getattr(self.view, "action_map", None) or {}
        standard = {"list", *self.method_mapping.values()}
        if len(actions) == 1 and not standard & set(actions.values()):
            return "_".join(self._tokenize_path()).replace("-", "_")
        if actions.get("get") == "list" and self.path.endswith("}"):
            return "_".join([*self._tokenize_path(), "by", self.path.rpartition("{")[2].rstrip("}"), "list"])
        return str(super().get_operation_id())

    def get_description(self) -> str:  # type: ignore[override]  # its stub is wrong
        """What the view's method tells; what its class tells is for those who write views."""
        name = getattr(self.view, "action", None) or self.method.lower()
        return str(get_doc(getattr(self.view, name, None)))

    def get_auth(self) -> list[dict[str, list[str]]]:
        found: list[dict[str, list[str]]] = [{"bearer": []}] if self.view.get_authenticators() else []
        return [*found, {}] if self._is_open() else found

    def get_extensions(self) -> dict[str, Any]:
        roles = self._roles()
        return {"x-roles": sorted(roles)} if roles else {}

    def _roles(self) -> Collection[str]:
        action = getattr(self.view, "action", None) or self.method.lower()
        allow: Mapping[str, Collection[str]] = getattr(self.view, "allow", {})
        return allow.get(action, ())

    def _is_open(self) -> bool:
        open_to_all = any(isinstance(permission, AllowAny) for permission in self.view.get_permissions())
        return open_to_all or "anonymous" in self._roles()

    def get_override_parameters(self) -> list[Any]:
        by_action = {
            "create": [IDEMPOTENCY_KEY, ETAG],
            "retrieve": [ETAG],
            "partial_update": [IF_MATCH, ETAG],
            "destroy": [IF_MATCH],
        }
        return by_action.get(self._resource.action or "", []) if self._resource else []

    def _resolve_path_parameters(self, variables: list[str]) -> list[dict[str, Any]]:
        numbers = {
            name
            for name in [*variables, "pk"]
            if f"<{name}>[0-9]" in self.path_regex or f"<int:{name}>" in self.path_regex
        }
        if "pk" in numbers:
            numbers.add("id")
        return [
            {
                "in": "path",
                "name": name,
                "required": True,
                "schema": {"type": "integer", "minimum": 1} if name in numbers else {"type": "string"},
            }
            for name in variables
        ]

    def _get_filter_parameters(self) -> list[dict[str, Any]]:
        view = self._resource
        if view is None or not self._is_list_view():
            return []
        filters = view.filterset_class.base_filters if view.filterset_class else {}
        found = [
            _query(name, _schema_of(each), str(each.extra.get("help_text", "")))
            for name, each in filters.items()
        ]
        if view.search_fields:
            found.append(_query("search", {"type": "string"}, "Words that all occur."))
        if view.ordering_fields:
            names = ", ".join(f"`{name}`" for name in view.ordering_fields)
            found.append(
                _query("ordering", {"type": "string"}, f"Comma separated, `-` for descending: {names}.")
            )
        return found

    def _get_response_bodies(self, direction: Literal["request", "response"] = "response") -> dict[str, Any]:
        responses: dict[str, Any] = super()._get_response_bodies(direction)
        if direction != "response":
            return responses
        refusals = {"default": "Any other refusal."}
        if self.view.get_authenticators() and not self._is_open():
            refusals |= {"401": "Not signed in.", "403": "Not allowed."}
        if "{" in self.path:
            refusals["404"] = "Nothing there, or nothing you may see."
        for code, text in refusals.items():
            problem = self._get_response_for_code(  # type: ignore[no-untyped-call]
                ProblemSerializer, code, [CONTENT_TYPE], direction
            )
            responses.setdefault(code, {**problem, "description": text})
        return responses


def _query(name: str, schema: dict[str, Any], description: str) -> dict[str, Any]:
    found: dict[str, Any] = {"in": "query", "name": name, "schema": schema}
    if schema["type"] == "array":
        found |= {"style": "form", "explode": False}
    return found | ({"description": description} if description else {})


def _schema_of(each: django_filters.Filter) -> dict[str, Any]:
    choices = each.extra.get("choices")
    words = (
        {"type": "string"}
        if choices is None
        else {"type": "string", "enum": [str(key) for key, _ in choices]}
    )
    match each:
        case ChoicesFilter():
            return {"type": "array", "items": words}
        case IdFilter():
            return {"type": "integer", "minimum": 1}
        case AfterFilter():
            return {"type": "string", "format": "date-time"}
        case FlagFilter():
            return {"type": "boolean"}
        case django_filters.NumberFilter():
            return {"type": "number"}
        case django_filters.DateFilter():
            return {"type": "string", "format": "date"}
    return words
