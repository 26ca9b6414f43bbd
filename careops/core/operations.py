"""What the back office watches: alerts and the log of events, over the API."""

import re
from typing import Any, ClassVar

import django_filters
from django import forms
from django.apps import apps
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from careops.core.alerts import dismiss, kind_title, kind_todo, kinds
from careops.core.filters import ChoicesFilter, IdFilter
from careops.core.models import Alert, AlertStatus, Event, Severity
from careops.core.pagination import CursorPages
from careops.core.querysets import BACK_OFFICE
from careops.core.reads import ReadSerializer
from careops.core.views import ListMixin, ResourceViewSet

SUBJECT = re.compile(r"((?:[a-z_]+\.)?[a-z_]+):([1-9][0-9]{0,17})")


class AlertRead(ReadSerializer):
    id = serializers.IntegerField()
    kind = serializers.CharField()
    title = serializers.CharField(help_text="The kind in words.")
    todo = serializers.CharField(help_text="What a person does about it.")
    severity = serializers.ChoiceField(Severity.choices)
    status = serializers.ChoiceField(AlertStatus.choices)
    subject_type = serializers.CharField()
    subject_id = serializers.IntegerField(help_text="0: the subject has a name only.")
    detail = serializers.CharField()
    count = serializers.IntegerField(help_text="How often it was raised since its cause began.")
    first_seen = serializers.DateTimeField()
    last_seen = serializers.DateTimeField()
    dismissed_at = serializers.DateTimeField(allow_null=True)
    dismissed_by_id = serializers.IntegerField(allow_null=True)
    dismissed_by_name = serializers.CharField(source="dismissed_by.name", allow_null=True)
    resolved_at = serializers.DateTimeField(allow_null=True)
    request_id = serializers.CharField()

    derived: ClassVar = {
        "title": lambda row: kind_title(row["kind"]),
        "todo": lambda row: kind_todo(row["kind"]),
    }


class KindField(forms.CharField):
    """The name of a kind of alert."""

    def validate(self, value: Any) -> None:
        super().validate(value)
        if value and value not in kinds():
            raise forms.ValidationError(f"{value} is no kind of alert.", code="invalid_choice")


class KindFilter(django_filters.BaseInFilter, django_filters.CharFilter):
    field_class = KindField


class AlertFilters(django_filters.FilterSet):
    status = ChoicesFilter(choices=AlertStatus.choices)
    severity = ChoicesFilter(choices=Severity.choices)
    kind = KindFilter()


class AlertViewSet(ResourceViewSet):
    allow = {"list": BACK_OFFICE, "retrieve": BACK_OFFICE, "dismiss": BACK_OFFICE}
    read = AlertRead
    filterset_class = AlertFilters
    order = ("-last_seen", "-pk")
    ordering_fields = {"last_seen": "last_seen", "first_seen": "first_seen", "kind": "kind", "id": "pk"}

    def get_queryset(self) -> QuerySet[Alert]:
        return Alert.objects.visible_to(self.request.user)

    @action(detail=True, methods=["patch"])
    def dismiss(self, request: Request, pk: str) -> HttpResponseBase:
        """Mark the alert as seen; doing it again changes nothing."""
        dismiss(alert=self.find(pk), actor=request.user)
        return self.changed(pk)


class CountRead(serializers.Serializer[Any]):
    count = serializers.IntegerField()


class AlertCountView(APIView):
    allow = {"get": BACK_OFFICE}

    @extend_schema(responses=CountRead)
    def get(self, request: Request) -> HttpResponseBase:
        """How many alerts wait for a person."""
        return Response({"count": Alert.objects.visible_to(request.user).active().count()})


class EventRead(ReadSerializer):
    person_column: ClassVar = "person_id"

    id = serializers.IntegerField()
    type = serializers.CharField(source="name")
    at = serializers.DateTimeField()
    subject_type = serializers.CharField()
    subject_id = serializers.IntegerField()
    person_id = serializers.IntegerField(allow_null=True, help_text="The person whose data it is about.")
    actor_id = serializers.IntegerField(allow_null=True, help_text="Null: the system.")
    actor_role = serializers.CharField()
    request_id = serializers.CharField()
    data = serializers.DictField()  # type: ignore[assignment]


class SubjectField(forms.CharField):
    """An object by its kind and number, such as ``alert:12`` or ``core.alert:12``."""

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        found = SUBJECT.fullmatch(text)
        kinds = [] if found is None else _kinds(found[1])
        if found is None or not kinds:
            raise forms.ValidationError(f"{text} names no object, as alert:12 does.", code="invalid_choice")
        return kinds, int(found[2])


def _kinds(name: str) -> list[str]:
    labels = [model._meta.label_lower for model in apps.get_models()]
    return [label for label in labels if name in {label, label.partition(".")[2]}]


class SubjectFilter(django_filters.Filter):
    field_class = SubjectField

    def filter(self, qs: QuerySet[Event], value: tuple[list[str], int] | None) -> QuerySet[Event]:
        if value is None:
            return qs
        return qs.filter(subject_type__in=value[0], subject_id=value[1])


class EventFilters(django_filters.FilterSet):
    type = django_filters.CharFilter(field_name="name")
    subject = SubjectFilter(help_text="Such as `alert:12`.")
    after = IdFilter(field_name="id", lookup_expr="gt", min_value=0, help_text="Only events behind this one.")


class EventViewSet(ListMixin):
    allow = {"list": BACK_OFFICE}
    read = EventRead
    filterset_class = EventFilters
    pagination_class = CursorPages
    order = ("-pk",)
    ordering_fields = {"id": "pk"}

    def get_queryset(self) -> QuerySet[Event]:
        return Event.objects.visible_to(self.request.user)
