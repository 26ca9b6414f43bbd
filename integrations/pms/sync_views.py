"""What a practice has as last seen, what it and we disagree about, and when it is read again. None asks the outside."""

from typing import Any, ClassVar

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import BACK_OFFICE, allowed
from careops.core.filters import ChoicesFilter, FlagFilter, IdFilter
from careops.core.pagination import Pages
from careops.core.reads import Rows
from careops.core.views import ResourceView, ResourceViewSet, rows_of
from integrations.pms.enums import ConflictKind
from integrations.pms.models import (
    AppointmentLink,
    AppointmentMirror,
    PatientLink,
    PatientMirror,
    PmsConflict,
)
from integrations.pms.services.settling import settle
from integrations.pms.services.syncing import request_sync
from integrations.pms.sync_serializers import (
    AppointmentRead,
    ConflictRead,
    PatientRead,
    SettleWrite,
    SyncRead,
)
from integrations.pms.views import IntegrationPart, RequestView


class AppointmentsView(RequestView):
    """The practice's appointments: as last seen, and made by a writeback."""

    allow: ClassVar = {**RequestView.allow, "list": BACK_OFFICE}
    pagination_class: Any = Pages
    order: ClassVar = ("-starts_at", "-pk")

    def rows(self) -> Rows:
        return rows_of(AppointmentRead if self.action == "list" else self.read)

    @extend_schema(operation_id="pms_appointments_list", responses=AppointmentRead(many=True))
    def list(self, request: Request, integration_id: str) -> HttpResponseBase:
        """The practice's appointments as last seen, with their bookings here."""
        mirrors = AppointmentMirror.objects.visible_to(request.user).filter(integration=self.integration)
        booking = AppointmentLink.objects.filter(
            integration=self.integration, remote_id=OuterRef("remote_id")
        )
        patient = PatientLink.objects.filter(integration=self.integration, remote_id=OuterRef("patient_id"))
        found = mirrors.annotate(
            booking_id=Subquery(booking.values("booking_id")[:1]),
            contact_id=Subquery(patient.values("contact_id")[:1]),
        )
        return self.paged(self.narrowed(found))


class PatientsView(RequestView):
    """The practice's patients: as last seen, and made by a writeback."""

    allow: ClassVar = {**RequestView.allow, "list": BACK_OFFICE}
    pagination_class: Any = Pages
    order: ClassVar = ("-pk",)

    def rows(self) -> Rows:
        return rows_of(PatientRead if self.action == "list" else self.read)

    @extend_schema(operation_id="pms_patients_list", responses=PatientRead(many=True))
    def list(self, request: Request, integration_id: str) -> HttpResponseBase:
        """The practice's patients as last seen, with their contacts here. Erased people are not among them."""
        mirrors = PatientMirror.objects.visible_to(request.user).filter(
            integration=self.integration, left_out=False
        )
        contact = PatientLink.objects.filter(integration=self.integration, remote_id=OuterRef("remote_id"))
        return self.paged(
            self.narrowed(mirrors.annotate(contact_id=Subquery(contact.values("contact_id")[:1])))
        )


class SyncView(IntegrationPart, ResourceView):
    allow = allowed("pms.pmsintegration", sync=BACK_OFFICE)
    pagination_class = None
    filterset_class = None

    def get_queryset(self) -> QuerySet[Any]:
        return PmsConflict.objects.none()

    @extend_schema(request=None, responses={202: SyncRead})
    def sync(self, request: Request, integration_id: str) -> Response:
        """Read all of the practice with the next minute."""
        state = request_sync(integration=self.integration, actor=request.user)
        last = self.integration.last_sync_at
        return Response(
            {"integration_id": self.integration.pk, "due_at": state.due_at, "last_sync_at": last}, status=202
        )


class ConflictFilters(django_filters.FilterSet):
    integration = IdFilter(field_name="integration_id")
    contact = IdFilter(field_name="contact_id")
    kind = ChoicesFilter(choices=ConflictKind.choices)
    open = FlagFilter(field_name="settled_at", lookup_expr="isnull")


class ConflictViewSet(ResourceViewSet):
    allow = allowed("pms.pmsconflict", list=BACK_OFFICE, retrieve=BACK_OFFICE, settle=BACK_OFFICE)
    read = ConflictRead
    write: ClassVar = {"settle": SettleWrite}
    filterset_class = ConflictFilters
    order: ClassVar = ("-pk",)
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[PmsConflict]:
        return PmsConflict.objects.visible_to(self.request.user)

    @extend_schema(request=SettleWrite, responses=ConflictRead)
    @action(detail=True, methods=["post"])
    def settle(self, request: Request, pk: str) -> HttpResponseBase:
        """Keep what we have or what the practice has."""
        settle(conflict=self.find(pk), actor=request.user, **self.parse())
        return self.changed(pk)
