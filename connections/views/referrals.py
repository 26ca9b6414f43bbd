"""Referrals over the API."""

from collections.abc import Callable, Set
from typing import Any, ClassVar

from django.db import transaction
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.authentication import user_of
from accounts.permissions import ADMIN, BACK_OFFICE, CLIENT, PROFESSIONAL, SIGNED_IN, allowed
from bookings.services import Override
from careops.core.reads import Rows
from careops.core.views import ResourceViewSet, rows_of
from connections.enums import ReferralStatus
from connections.exceptions import ReferralStays, StatusAndFields
from connections.filters import ReferralFilters
from connections.models import Referral
from connections.querysets import REFERRAL_TEXTS
from connections.serializers.referrals import (
    BookWrite,
    ReferralChange,
    ReferralForClientRead,
    ReferralRead,
    ReferralWrite,
)
from connections.services import moves, referrals
from connections.services.parties import SideGiven
from connections.services.referral_rows import lock_referral
from connections.views.admitted import AdmittedOnly

MOVERS = BACK_OFFICE | {PROFESSIONAL}
ANSWERED: dict[str, Callable[..., Referral]] = {
    ReferralStatus.ACCEPTED: moves.accept,
    ReferralStatus.DECLINED: moves.decline,
    ReferralStatus.COMPLETED: moves.complete,
}
# What may be sent beside a status; beside any other one nothing.
BESIDE: dict[str | None, Set[str]] = {
    None: {*referrals.ASKED, *referrals.WHERE_TO, referrals.ANSWER},
    **{status: {referrals.ANSWER} for status in ANSWERED},
    ReferralStatus.BOOKED: BookWrite().fields.keys(),
}


class ReferralViewSet(AdmittedOnly, ResourceViewSet):
    allow = allowed(
        "connections.referral",
        list=SIGNED_IN,
        retrieve=SIGNED_IN,
        create=MOVERS,
        partial_update=MOVERS,
        book=MOVERS,
        destroy={ADMIN},
    )
    read = ReferralRead
    write: ClassVar = {"create": ReferralWrite, "partial_update": ReferralChange, "book": BookWrite}
    counts_repeated = frozenset({"status"})
    filterset_class = ReferralFilters
    search_fields = REFERRAL_TEXTS
    order: ClassVar = ("-pk",)
    ordering_fields: ClassVar = {
        "id": "pk",
        "status": "status",
        "urgency": "urgency",
        "created_at": "created_at",
        "updated_at": "updated_at",
    }

    def rows(self) -> Rows:
        return rows_of(ReferralForClientRead if user_of(self.request).role == CLIENT else ReferralRead)

    def get_queryset(self) -> QuerySet[Referral]:
        return Referral.objects.visible_to(self.request.user)

    def lock(self, pk: int | str) -> Referral:
        """As the verbs lock."""
        referral: Referral = self.find(pk)
        wanted = self.parse(present=referral) if self.action == "partial_update" else {}
        return lock_referral(referral, provider_id=wanted.get("provider_id"))

    def create(self, request: Request) -> HttpResponseBase:
        """Refer somebody."""
        return self.created(self._refer)

    def _refer(self) -> Referral:
        data = self.parse()
        sides = {which: SideGiven(**_side_of(data, which)) for which in ("from", "to")}
        asked = {name: data[name] for name in ("urgency", "notes") if name in data}
        return referrals.refer(
            actor=self.request.user,
            reason=data["reason"],
            client_id=data.get("client_id"),
            contact_id=data.get("contact_id"),
            sender=sides["from"],
            recipient=sides["to"],
            **asked,
        )

    def partial_update(self, request: Request, pk: str) -> HttpResponseBase:
        """Change what was asked or the answer, or move the status."""
        with transaction.atomic(), self.changing(pk) as referral:
            self._change(referral, self.parse(present=referral))
            return self._as_left(pk, referral)

    def _as_left(self, pk: str, referral: Referral) -> Response:
        """The referral as it now is; whoever declined it does not see it any more and is told that it is so."""
        row = self.rows().one(Referral.objects.filter(pk=pk))
        assert row is not None  # noqa: S101  # it was changed a moment ago
        return self._answer(row, status=200)

    def _change(self, referral: Referral, data: dict[str, Any]) -> None:
        actor, status = self.request.user, data.pop("status", None)
        if status == referral.status and data.keys() <= BESIDE[None]:
            status = None  # a repeated status is the same as none
        if status is None and not data:
            return
        if misplaced := data.keys() - BESIDE.get(status, ()):
            raise StatusAndFields(min(misplaced))
        if status is None:
            referrals.update(referral=referral, actor=actor, **data)
        elif status in ANSWERED:
            ANSWERED[status](referral=referral, actor=actor, **data)
        elif status == ReferralStatus.CANCELLED:
            moves.cancel(referral=referral, actor=actor)
        elif status == ReferralStatus.BOOKED:
            moves.book(referral=referral, actor=actor, **_appointment(data))
        else:
            raise ReferralStays(referral.status, status)

    @extend_schema(responses={201: ReferralRead})
    @action(detail=True, methods=["post"])
    def book(self, request: Request, pk: str) -> HttpResponseBase:
        """Book the person of an accepted referral; the answer is the referral with its booking."""
        response = self.created(
            lambda: moves.book(referral=self.find(pk), actor=request.user, **_appointment(self.parse()))
        )
        if response.status_code == 201:
            response["Location"] = f"/api/bookings/{response.data['booking_id']}"  # type: ignore[attr-defined]
        return response

    def destroy(self, request: Request, pk: str) -> HttpResponseBase:
        """Delete for good, with its files; an event remains, and so does a booking that came of it."""
        with self.changing(pk) as referral:
            referrals.erase(referral=referral, actor=request.user)
        return Response(status=204)


def _side_of(data: dict[str, Any], which: str) -> dict[str, Any]:
    parts = {part: data.get(f"{which}_{part}") for part in referrals.SIDES}
    return {part: value for part, value in parts.items() if value is not None}


def _appointment(data: dict[str, Any]) -> dict[str, Any]:
    """What the verb takes. Raises ValidationError without a time."""
    if data.get("scheduled_at") is None:
        raise ValidationError({"scheduled_at": "Say when."}, code="required")
    override = Override(reason=data.get("override_reason", "")) if data.get("override") else None
    return {
        "at": data["scheduled_at"],
        "provider_id": data.get("provider_id"),
        "service_id": data.get("service_id"),
        "duration_minutes": data.get("duration_minutes"),
        "notes": data.get("booking_notes", ""),
        "override": override,
    }
