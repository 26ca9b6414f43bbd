"""The base of every API view over a resource: list, read, create, change, all by the same few rules."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from functools import cache
from typing import Any, ClassVar, cast

import django_filters
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.http import parse_etags
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import GenericViewSet

from careops.core import idempotency
from careops.core.bodies import READ_ONLY, refusals, refuse_members, repeats, without_repeated_parts
from careops.core.filters import applied, cleaned, filtered, ordering_of, refuse_unknown
from careops.core.pagination import Pages
from careops.core.prepared import Prepared, Source
from careops.core.problems import DomainError, NotFound, PreconditionFailed
from careops.core.reads import ReadSerializer, Row, Rows, etag
from careops.core.search import found_by

JSON = "application/json"

rows_of = cache(Rows)


@cache
def _body_of(serializer_class: type[BaseSerializer[Any]], partial: bool) -> BaseSerializer[Any]:
    """One serializer per body: making its fields costs more than checking them, and it keeps nothing of a check."""
    return serializer_class(partial=partial)


class ResourceView(GenericViewSet[Any]):
    """What the views of a resource share. A view states its data; the verbs are its services'.

    ``allow`` maps actions to the roles that may call them; ``read`` declares the answer, ``write`` the body of
    each action. ``get_queryset`` starts with ``Model.objects.visible_to(self.request.user)``.
    """

    allow: ClassVar[Mapping[str, Collection[str]]] = {}
    read: ClassVar[type[ReadSerializer]]
    write: ClassVar[Mapping[str, type[BaseSerializer[Any]]]] = {}
    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None
    search_fields: ClassVar[Sequence[str]] = ()
    order: ClassVar[Sequence[str]] = ("-pk",)
    ordering_fields: ClassVar[Mapping[str, str]] = {}
    pagination_class: type[Pages] | None = Pages  # None for a bare array
    lookup_value_regex = "[0-9]{1,18}"
    # Whether bodies may hold what is not known: so for the paths of older front ends.
    ignores_unknown: ClassVar[bool] = False
    # Members that count also where they repeat what is so, because another member would change them.
    counts_repeated: ClassVar[Collection[str]] = ()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse the members of a body where the action takes no body. Raises ValidationError."""
        super().initial(request, *args, **kwargs)
        takes_none = self.action and self.action not in self.write and request.method not in SAFE_METHODS
        reads_json = any(parser.media_type == JSON for parser in self.parser_classes)
        if takes_none and reads_json and not self.ignores_unknown:
            refuse_members(request.data)

    def rows(self) -> Rows:
        """How the caller sees this resource; override where that depends on the role."""
        return rows_of(self.read)

    def parse(
        self, serializer_class: type[BaseSerializer[Any]] | None = None, *, present: Any = None
    ) -> dict[str, Any]:
        """The validated body, by ``write[action]`` unless another class is given.

        ``present`` is the object that the body changes. Members that repeat what the caller sees of it are left
        out; a PATCH needs no member. Raises ValidationError, which names every unknown and every read-only member.
        """
        chosen = serializer_class or self.write[self.action]
        # A form's empty body arrives as a QueryDict, which serializers would read by other rules.
        data = self.request.data if type(self.request.data) is dict else {}
        body: Any = _body_of(chosen, self.request.method == "PATCH")  # type: ignore[arg-type]  # as in filters.py
        given, refused = self._changes(body, data, present)
        try:
            values = body.run_validation(given)
        except ValidationError as error:
            refused |= cast("dict[str, Any]", error.detail)
        except DomainError:
            if not refused:
                raise
        if refused:
            raise ValidationError(refused)
        return dict(values)

    def _changes(
        self, body: Any, data: dict[str, Any], present: Any
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """The members of the body that say something new, and the refusals of those that may not."""
        changes, names = {}, []
        for name, value in data.items():
            writable = name in body.fields
            if present is not None and self.is_shown(name):
                now = self.shown(present, name)
                if repeats(value, now) and not (writable and self._counts(name)):
                    continue
                value = without_repeated_parts(body.fields.get(name), value, now)
            if writable or not self._is_read_only(name, present):
                changes[name] = value
            else:
                names.append(name)
        return changes, refusals(READ_ONLY, names)

    def _counts(self, name: str) -> bool:
        return name in self.counts_repeated or self.request.method == "PUT"

    def _is_read_only(self, name: str, present: Any) -> bool:
        """Whether the caller knows the member from what is answered."""
        about_it = present is not None or (self.action == "create" and not self.ignores_unknown)
        return about_it and self.is_shown(name)

    def is_shown(self, name: str) -> bool:
        """Whether the caller sees a member of that name."""
        return name in self.rows().members

    def shown(self, instance: Any, name: str) -> Any:
        """The member as the caller sees it of that object; override where a row is no object's."""
        return self.rows().member(instance, name)

    def narrowed(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """``queryset`` by the request's filters and search. Raises UnknownParameter, ValidationError."""
        self._refuse_unknown()
        return self.searched(filtered(self.request, queryset, self.filterset_class))

    def _refuse_unknown(self) -> None:
        names = self.filterset_class.base_filters if self.filterset_class else ()
        search = ("search",) if self.search_fields else ()
        ordering = ("ordering",) if self.ordering_fields else ()
        paging = self.pagination_class.parameters if self.pagination_class else ()
        refuse_unknown(self.request, {*names, *search, *ordering, *paging})

    def searched(self, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """``queryset`` by ``?search=``."""
        return found_by(queryset, self.request.query_params.get("search", ""), self.search_fields)

    def paged(self, queryset: QuerySet[Any]) -> Response:
        """The page of ``queryset`` that the request asks for, in the order it asks for."""
        order = ordering_of(self.request, known=self.ordering_fields, default=self.order)
        if self.pagination_class is None:
            return Response(self.rows().all(queryset.order_by(*order)))
        return self.page_of(Source(lambda: queryset), order)

    def page_of(self, source: Source, order: Sequence[str]) -> Response:
        pages = self.pagination_class or Pages
        return Response(pages().page(self.request, source, self.rows(), order=order, own=self.order))

    def find(self, pk: int | str) -> Any:
        """The visible object. Raises NotFound."""
        found = self.get_queryset().filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found

    def row(self, pk: int | str) -> Row:
        """The visible object as it is answered. Raises NotFound."""
        found = self.rows().one(self.get_queryset().filter(pk=pk))
        if found is None:
            raise NotFound
        return found

    def lock(self, pk: int | str) -> Any:
        """The visible object with its row locked; override where a verb locks a parent first."""
        found = type(self.find(pk))._base_manager.select_for_update(no_key=True).filter(pk=pk).first()
        if found is None:
            raise NotFound
        return found

    @contextmanager
    def changing(self, pk: int | str, *, locked: bool = False) -> Iterator[Any]:
        """The visible object, for a PATCH or DELETE in the ``with`` block.

        With If-Match, or where ``locked`` asks for it, the block runs in one transaction, with the row locked. Raises
        NotFound, PreconditionFailed.
        """
        header = self.request.headers.get("If-Match")
        if header is None and not locked:
            yield self.find(pk)
            return
        with transaction.atomic():
            instance = self.lock(pk)
            if header is not None and not {"*", etag(self.row(pk))} & set(parse_etags(header)):
                raise PreconditionFailed
            yield instance

    def changed(self, pk: int | str) -> Response:
        """200 with the object as it now is, and its ETag."""
        return self._answer(self.row(pk), status=200)

    def created(self, make: Callable[[], Model]) -> HttpResponseBase:
        """201 with what ``make`` made, once per Idempotency-Key.

        A replay shows the object as the caller may see it now: 404 when that is no more.
        """
        outcome = idempotency.once(self.request, make)
        if (refusal := outcome.refusal()) is not None:
            return refusal
        row = self.rows().of(outcome.made) if outcome.made else self.row(outcome.object_id)
        response = self._answer(row, status=201)
        response["Location"] = f"{self.request.path_info}/{outcome.object_id}"
        if outcome.replayed:
            response["Idempotent-Replay"] = "true"
        return response

    def _answer(self, row: Row, *, status: int) -> Response:
        return Response(row, status=status, headers={"ETag": etag(row)})


class ListMixin(ResourceView):
    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A page of the rows you may see."""
        return self.paged(self.narrowed(self.get_queryset()))


class RetrieveMixin(ResourceView):
    def retrieve(self, request: Request, pk: str, **kwargs: Any) -> HttpResponseBase:
        """200 with an ETag, or 304 when the caller has that already."""
        row = self.row(pk)
        tag = etag(row)
        known = {given.removeprefix("W/") for given in parse_etags(request.headers.get("If-None-Match", ""))}
        if known & {tag, "*"}:
            return HttpResponse(status=304, headers={"ETag": tag})
        return Response(row, headers={"ETag": tag})


class ResourceViewSet(ListMixin, RetrieveMixin):
    """A resource with a list and single objects."""


class BusyViewSet(ResourceViewSet):
    """A resource that is read all day: its list and its single objects are read by compiled queries.

    ``visible`` is what ``get_queryset`` starts from, and depends on the user's id and role alone.
    """

    prepared: ClassVar[Prepared]

    def visible(self, user: Any) -> QuerySet[Any]:
        raise NotImplementedError

    def get_queryset(self) -> QuerySet[Any]:
        return self.visible(self.request.user)

    def _visible_by_id(self, user_id: int) -> QuerySet[Any]:
        user = copy(self.request.user)
        user.pk = user_id
        return self.visible(user)

    def row(self, pk: int | str) -> Row:
        rows = self.rows()

        def one(user_id: int, pk: int) -> QuerySet[Any, Any]:
            return self._visible_by_id(user_id).filter(pk=pk).values_list(*rows.columns)[:1]

        caller: Any = self.request.user
        found = self.prepared.rows(one, caller.pk, int(pk), shape=(rows, caller.role))
        if not found:
            raise NotFound
        return rows.shaped(found)[0]

    def list(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """A page of the rows you may see."""
        """A page of the rows you may see."""
        if "search" in request.query_params:
            return super().list(request, *args, **kwargs)
        self._refuse_unknown()
        given = cleaned(request, self.filterset_class)
        # A list is as many values; its length is part of the shape.
        several = {name: len(value) for name, value in given.items() if isinstance(value, list)}
        values = [
            item for value in given.values() for item in (value if isinstance(value, list) else (value,))
        ]

        def build(user_id: int, *values: Any) -> QuerySet[Any]:
            left = iter(values)
            again = {
                name: [next(left) for _ in range(several[name])] if name in several else next(left)
                for name in given
            }
            return applied(self._visible_by_id(user_id), self.filterset_class, again)

        caller: Any = request.user
        shape = (caller.role, tuple((name, several.get(name)) for name in given))
        order = ordering_of(request, known=self.ordering_fields, default=self.order)
        return self.page_of(Source(build, caller.pk, *values, prepared=self.prepared, shape=shape), order)
