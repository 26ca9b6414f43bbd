"""The figures over the API."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import BACK_OFFICE
from careops.core.filters import refuse_unknown
from careops.dashboard.figures import counted


class DashboardRead(serializers.Serializer[Any]):
    as_of = serializers.DateTimeField(help_text="When it was counted: some seconds ago at most.")
    time_zone = serializers.CharField(help_text="Whose days are counted.")
    bookings_today = serializers.IntegerField(help_text="Pending, confirmed and completed.")
    bookings_today_by_status = serializers.DictField(child=serializers.IntegerField())
    bookings_next_7_days = serializers.IntegerField(help_text="Today and the six days after it.")
    no_show_rate = serializers.FloatField(
        allow_null=True,
        help_text="No-shows among those that came or did not, over 8 weeks; null without any.",
    )
    contacts_new_this_week = serializers.IntegerField(help_text="Since Monday.")
    messages_failed = serializers.IntegerField(help_text="Failed, bounced or unknown, of the last 7 days.")
    oldest_undelivered_message = serializers.DateTimeField(allow_null=True)
    low_stock = serializers.IntegerField()
    referrals_open = serializers.IntegerField(help_text="Open, accepted and booked.")
    pending_writebacks = serializers.IntegerField(help_text="Changes on their way to a practice.")
    active_alerts = serializers.IntegerField()
    active_alerts_by_kind = serializers.DictField(child=serializers.IntegerField())


class DashboardView(APIView):
    allow: ClassVar = {"get": BACK_OFFICE}

    @extend_schema(responses=DashboardRead)
    def get(self, request: Request) -> Response:
        """The clinic at a glance; ``as_of`` says when it was counted."""
        refuse_unknown(request, ())
        found = counted()
        return Response(found.figures, headers={"Cache-Control": f"private, max-age={found.seconds_left}"})
