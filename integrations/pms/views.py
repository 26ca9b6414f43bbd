"""Practices, their links and writebacks over the API.

The routes practices, authorize, refresh and token ask the outside while the caller waits, in no transaction and for
15 seconds at most. All others write rows; the worker does the rest.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cached_property
from typing import Any, ClassVar, cast

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from accounts.permissions import ADMIN, BACK_OFFICE, allowed
from careops.core import clock
from careops.core.live_calls import live_calls
from careops.core.pagination import CursorPages
from careops.core.problems import NotFound
from careops.core.views import ListMixin, ResourceView, ResourceViewSet
from integrations.pms.enums import IntegrationState
from integrations.pms.errors import PmsError
from integrations.pms.exceptions import IntegrationDisabled, NotAuthorised, answer_for
from integrations.pms.filters import IntegrationFilters, WritebackFilters
from integrations.pms.models import PmsIntegration, PmsWriteback, ProviderLink
from integrations.pms.serializers import (
    AppointmentChange,
    AppointmentWrite,
    AuthoriseWrite,
    IntegrationChange,
    IntegrationRead,
    IntegrationWrite,
    LinkRead,
    LinkWrite,
    PatientChange,
    PatientWrite,
    PracticesRead,
    TokenRead,
    WritebackRead,
)
from integrations.pms.services import integrations, links, requests, tokens

LIVE_SECONDS = 15.0


@contextmanager
def asking() -> Iterator[None]:
    """Around what asks the outside: its failures become problems that say nothing of what it said.

    Raises BusyOutside where too many callers are asking.
    """
    with live_calls(LIVE_SECONDS):
        try:
            yield
        except PmsError as error:
            raise answer_for(error) from None


class IntegrationViewSet(ResourceViewSet):
    allow = allowed(
        "pms.pmsintegration",
        list=BACK_OFFICE,
        retrieve=BACK_OFFICE,
        create={ADMIN},
        partial_update={ADMIN},
        destroy={ADMIN},
        practices={ADMIN},
        authorize={ADMIN},
        refresh={ADMIN},
        token=BACK_OFFICE,
    )
    read = IntegrationRead
    write: ClassVar = {
        "create": IntegrationWrite,
        "partial_update": IntegrationChange,
        "authorize": AuthoriseWrite,
    }
    filterset_class = IntegrationFilters
    search_fields = ("search_text",)
    order: ClassVar = ("name", "pk")
    ordering_fields: ClassVar = {"name": "name", "id": "pk", "state": "state", "token_expiry": "token_expiry"}

    def get_queryset(self) -> QuerySet[PmsIntegration]:
        return PmsIntegration.objects.visible_to(self.request.user)

    def create(self, request: Request) -> HttpResponseBase:
        """Take up a practice; choose and authorise it next."""
        return self.created(lambda: integrations.create(actor=request.user, **self.parse()))

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        """Change a practice, or switch it off and on with ``enabled``."""
        with self.changing(pk) as integration:
            integrations.update(
                integration=integration, actor=request.user, **self.parse(present=integration)
            )
        return self.changed(pk)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        """Forget a practice, its keys and its links."""
        with self.changing(pk) as integration:
            integrations.delete(integration=integration, actor=request.user)
        return Response(status=204)

    @extend_schema(responses=PracticesRead)
    @action(detail=True)
    def practices(self, request: Request, pk: str) -> Response:
        """The practices that have allowed us in; asks the outside."""
        integration = self.find(pk)
        with asking():
            found = integrations.practices(integration)
        taken = dict(PmsIntegration.objects.filter(kind=integration.kind).values_list("office_id", "pk"))
        shown = ("office_id", "practice_id", "name", "system", "time_zone")
        rows = [
            {**{name: getattr(one, name) for name in shown}, "integration_id": taken.get(one.office_id)}
            for one in found
        ]
        return Response({"practices": rows})

    @extend_schema(request=AuthoriseWrite, responses=IntegrationRead)
    @action(detail=True, methods=["post"])
    def authorize(self, request: Request, pk: str) -> HttpResponseBase:
        """Link the integration to a practice and get its first key; asks the outside."""
        integration, given = self.find(pk), self.parse()
        with asking():
            integrations.authorise(integration=integration, actor=request.user, **given)
        return self.changed(pk)

    @extend_schema(request=None, responses=IntegrationRead)
    @action(detail=True, methods=["post"])
    def refresh(self, request: Request, pk: str) -> HttpResponseBase:
        """Get another key now; asks the outside."""
        with asking():
            integrations.renew(integration=self.find(pk), actor=request.user)
        return self.changed(pk)

    @extend_schema(responses=TokenRead)
    @action(detail=True)
    def token(self, request: Request, pk: str) -> Response:
        """What the practice's system says of the running key; asks the outside."""
        integration = self.find(pk)
        if integration.state == IntegrationState.DISABLED:
            raise IntegrationDisabled
        if not integration.holds("request_key"):
            raise NotAuthorised
        with asking():
            info = tokens.with_key(integration, lambda system, key: system.key_info(key))
        return Response(
            {
                "state": info.status,
                "expires_at": clock.now() + timedelta(seconds=info.seconds),
                "expires_in": info.seconds,
                "request_count": info.request_count,
            }
        )


class IntegrationPart(ListMixin):
    """What belongs to one practice."""

    @cached_property
    def integration(self) -> PmsIntegration:
        """The visible integration of the address. Raises NotFound."""
        visible = PmsIntegration.objects.visible_to(self.request.user)
        found = visible.filter(pk=self.kwargs["integration_id"]).first()
        if found is None:
            raise NotFound
        return found


class LinkViewSet(IntegrationPart):
    allow = allowed("pms.providerlink", list={ADMIN}, create={ADMIN}, destroy={ADMIN})
    read = LinkRead
    write: ClassVar = {"create": LinkWrite}
    order: ClassVar = ("pk",)

    def get_queryset(self) -> QuerySet[ProviderLink]:
        return ProviderLink.objects.filter(integration=self.integration)

    def create(self, request: Request, integration_id: str) -> HttpResponseBase:
        """Say which provider there is which of ours."""
        integration = self.integration
        return self.created(
            lambda: links.link_provider(integration=integration, actor=request.user, **self.parse())
        )

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, integration_id: str, pk: str) -> HttpResponseBase:
        """Tell the practice of this provider's bookings no longer."""
        with self.changing(pk) as link:
            links.unlink_provider(link=link, actor=request.user)
        return Response(status=204)


class WritebackViewSet(ResourceViewSet):
    allow = allowed("pms.pmswriteback", list=BACK_OFFICE, retrieve=BACK_OFFICE, retry=BACK_OFFICE)
    read = WritebackRead
    filterset_class = WritebackFilters
    pagination_class = CursorPages
    order: ClassVar = ("-pk",)
    ordering_fields: ClassVar = {"id": "pk"}

    def get_queryset(self) -> QuerySet[PmsWriteback]:
        return PmsWriteback.objects.visible_to(self.request.user)

    @extend_schema(request=None, responses={202: WritebackRead})
    @action(detail=True, methods=["post"])
    def retry(self, request: Request, pk: str) -> HttpResponseBase:
        """Try a failed or unknown writeback again; answers the new row."""
        row = requests.retry(writeback=self.find(pk), actor=signed_in(request))
        return Response(self.row(row.pk), status=202)


class RequestView(IntegrationPart, ResourceView):
    """What a person asks to be changed at the practice: 202 with the writeback that is planned."""

    allow: ClassVar = {
        "book": BACK_OFFICE,
        "make_patient": BACK_OFFICE,
        "change_appointment": BACK_OFFICE,
        "change_patient": BACK_OFFICE,
    }
    read = WritebackRead
    pagination_class = None
    write: ClassVar = {
        "book": AppointmentWrite,
        "make_patient": PatientWrite,
        "change_appointment": AppointmentChange,
        "change_patient": PatientChange,
    }

    def get_queryset(self) -> QuerySet[PmsWriteback]:
        return PmsWriteback.objects.visible_to(self.request.user)

    @extend_schema(
        operation_id="pms_appointments_book", request=AppointmentWrite, responses={202: WritebackRead}
    )
    def book(self, request: Request, integration_id: str) -> HttpResponseBase:
        """Plan the appointment of a booking, and before it the patient where the contact is none there yet."""
        integration, given = self.integration, self.parse()
        return self._accepted(
            lambda: requests.book(integration=integration, actor=signed_in(request), **given)
        )

    @extend_schema(operation_id="pms_patients_make", request=PatientWrite, responses={202: WritebackRead})
    def make_patient(self, request: Request, integration_id: str) -> HttpResponseBase:
        """Plan the patient for a contact."""
        integration, given = self.integration, self.parse()
        return self._accepted(
            lambda: requests.make_patient(integration=integration, actor=signed_in(request), **given)
        )

    @extend_schema(
        operation_id="pms_appointments_change", request=AppointmentChange, responses={202: WritebackRead}
    )
    def change_appointment(self, request: Request, integration_id: str, remote_id: str) -> Response:
        """Plan another status, or another day, time or length, of a linked appointment."""
        row = requests.change_appointment(
            integration=self.integration, remote_id=remote_id, actor=signed_in(request), changes=self.parse()
        )
        return Response(self.row(row.pk), status=202)

    @extend_schema(operation_id="pms_patients_change", request=PatientChange, responses={202: WritebackRead})
    def change_patient(self, request: Request, integration_id: str, remote_id: str) -> Response:
        """Plan the change of a linked patient, where the practice's system takes it."""
        row = requests.change_patient(
            integration=self.integration, remote_id=remote_id, actor=signed_in(request), values=self.parse()
        )
        return Response(self.row(row.pk), status=202)

    def _accepted(self, make: Any) -> HttpResponseBase:
        response = self.created(make)
        if response.status_code == 201:
            response.status_code = 202
            response["Location"] = f"/api/pms/writebacks/{response.data['id']}"  # type: ignore[attr-defined]
        return response


def signed_in(request: Request) -> User:
    """The caller, who was let in because of a role."""
    return cast("User", request.user)
