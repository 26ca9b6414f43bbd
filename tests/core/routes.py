"""Routes that exist for the tests of the ground floor only: resources over its own tables."""

import threading
from typing import Any, ClassVar

import django_filters
from django.db import OperationalError, transaction
from django.db.models import F, QuerySet
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import include, path
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from psycopg.errors import DeadlockDetected
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.routers import SimpleRouter
from rest_framework.views import APIView

from careops.core.filters import ChoicesFilter, FlagFilter, IdFilter
from careops.core.models import Alert, AlertStatus, Event, HandlerRun, Severity
from careops.core.pagination import CursorPages
from careops.core.problems import Conflict
from careops.core.reads import ReadSerializer
from careops.core.views import ListMixin, ResourceViewSet


class KindTaken(Conflict):
    code, detail = "kind_taken", "There is one already."


class NoticeRead(ReadSerializer):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    severity = serializers.ChoiceField(Severity.choices)
    state = serializers.CharField(source="status")
    count = serializers.IntegerField()
    first_seen = serializers.DateTimeField()


class NoticeWrite(serializers.Serializer[Any]):
    kind = serializers.CharField(max_length=64)
    severity = serializers.ChoiceField(Severity.choices, default=Severity.INFO)
    detail = serializers.CharField(required=False, allow_blank=True)
    places = serializers.ListField(child=serializers.IntegerField(), required=False, write_only=True)


class NoticeFilters(django_filters.FilterSet):
    status = ChoicesFilter(choices=AlertStatus.choices)
    number = IdFilter(field_name="subject_id")
    seen = FlagFilter(field_name="dismissed_at", lookup_expr="isnull", exclude=True)


class NoticeViewSet(ResourceViewSet):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    read = NoticeRead
    write = {"create": NoticeWrite, "partial_update": NoticeWrite}
    filterset_class = NoticeFilters
    search_fields = ("kind", "detail")
    ordering_fields: ClassVar = {"kind": "kind", "count": "count"}

    def get_queryset(self) -> QuerySet[Alert]:
        return Alert.objects.exclude(kind="hidden")

    def create(self, request: Request) -> HttpResponseBase:
        return self.created(self._make)

    def _make(self) -> Alert:
        data = self.parse()
        data.pop("places", None)
        if Alert.objects.filter(kind=data["kind"]).exists():
            raise KindTaken(kind=data["kind"])
        alert = Alert.objects.create(**data)
        if data["kind"] == "crash":
            raise RuntimeError("secret text")
        return alert

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        with self.changing(pk) as alert:
            Alert.objects.filter(pk=alert.pk).update(**self.parse())
        return self.changed(pk)

    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        with self.changing(pk) as alert:
            alert.delete()
        return HttpResponse(status=204)


class SightingRead(ReadSerializer):
    name = serializers.CharField()
    number = serializers.IntegerField(source="subject_id")


class SightingViewSet(ListMixin):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    read = SightingRead
    order = ("-at", "-pk")
    ordering_fields: ClassVar = {"at": "at", "name": "name"}
    pagination_class = CursorPages

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.all()


class OfEvent(ReadSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()


class RunRead(ReadSerializer):
    handler = serializers.CharField()
    event = OfEvent()
    event_name = serializers.CharField(source="event.name")
    letters = serializers.ListField(child=serializers.CharField())

    related = {"letters": lambda keys: {key: ["a", "b"] for key in keys}}


class RunViewSet(ListMixin):
    authentication_classes = ()
    permission_classes = (AllowAny,)
    read = RunRead

    def get_queryset(self) -> QuerySet[Any]:
        return HandlerRun.objects.all()


class EchoView(APIView):
    """Answers the body as it was understood."""

    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(request=OpenApiTypes.OBJECT, responses=OpenApiTypes.OBJECT)
    def post(self, request: Request) -> Response:
        return Response(dict(request.data))


class CrossView(APIView):
    """Locks two alerts, in the order of the body, when its twin has locked its first one too."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    both_hold_one = threading.Barrier(2)

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        body: dict[str, list[int]] = dict(request.data)
        first, second = body["order"]
        with transaction.atomic():
            Alert.objects.filter(pk=first).update(count=F("count") + 1)
            if not getattr(request._request, "met", False):
                request._request.met = True  # type: ignore[attr-defined]
                self.both_hold_one.wait(timeout=10)
            Alert.objects.filter(pk=second).update(count=F("count") + 1)
        return Response({})


class LosingView(APIView):
    """Loses every deadlock."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    calls: ClassVar[list[dict[str, Any]]] = []

    @extend_schema(exclude=True)
    def post(self, request: Request) -> Response:
        self.calls.append(dict(request.data))
        raise OperationalError("deadlock detected") from DeadlockDetected()


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("Grace Example, +15550100200")


router = SimpleRouter(trailing_slash=False)
router.register("notices", NoticeViewSet, basename="notices")
router.register("sightings", SightingViewSet, basename="sightings")
router.register("runs", RunViewSet, basename="runs")

api_patterns = [
    path("", include("careops.core.urls")),
    path("echo", EchoView.as_view()),
    path("broken", broken),
    path("cross", CrossView.as_view()),
    path("losing", LosingView.as_view()),
    *router.urls,
]
urlpatterns = [path("api/", include(api_patterns)), path("pages/broken/", broken)]
