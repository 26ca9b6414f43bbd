"""NoCodeBackend over the API: rows as they are there, and one referral sent at once.

All but the status answer what the other side says, so they ask it within the request, outside any transaction.
"""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.http.response import HttpResponseBase
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.permissions import BACK_OFFICE, allowed
from careops.core.bodies import refuse_members
from careops.core.filters import refuse_unknown
from careops.core.live_calls import live_calls
from careops.core.pagination import PAGING as PAGED_BY
from careops.core.pagination import bounds
from integrations.nocodebackend import clients
from integrations.nocodebackend.errors import NoCodeBackendError
from integrations.nocodebackend.exceptions import problem_of
from integrations.nocodebackend.models import ReferralSync
from integrations.nocodebackend.paging import Window
from integrations.nocodebackend.serializers import (
    RowAnswer,
    RowsAnswer,
    StatusAnswer,
    SyncAnswer,
    SyncWrite,
)
from integrations.nocodebackend.services import health
from integrations.nocodebackend.services.live import named, send_now

PAGING = [
    OpenApiParameter("limit", int),
    OpenApiParameter("offset", int),
    OpenApiParameter("skip", int, description="Another name of offset."),
]
OF_REFERRAL = OpenApiParameter("referral_id", str, description="Only the uploads that name this referral.")


class LiveView(APIView):
    """What the routes share that ask the other side."""

    allow = allowed("", get=BACK_OFFICE)

    def asked(self, ask: Callable[[clients.Pair], Any]) -> Any:
        """What the other side answers; its failures are problems of ours."""
        try:
            with live_calls(clients.LIVE_SECONDS):
                return ask(clients.live())
        except NoCodeBackendError as error:
            raise problem_of(error) from None

    def rows(self, ask: Callable[[clients.Pair, int, int], Window]) -> Response:
        limit, offset = bounds(self.request)
        window: Window = self.asked(lambda pair: ask(pair, limit, offset))
        page = {"count": len(window.rows), "limit": limit, "offset": offset, "has_more": window.has_more}
        return Response({"success": True, "data": window.rows, **page})

    def row(self, ask: Callable[[clients.Pair], dict[str, Any]]) -> Response:
        return Response({"success": True, "data": self.asked(ask)})


class StatusView(APIView):
    allow = allowed("", get=BACK_OFFICE)

    @extend_schema(responses=StatusAnswer)
    def get(self, request: Request) -> HttpResponseBase:
        """How the integration is set up and how referrals stand with it. Asks nobody outside."""
        refuse_unknown(request, ())
        config, wrong = settings.NOCODEBACKEND, clients.problem()
        waiting, failed = health.wanted_count(clients.instance())
        rows = ReferralSync.objects.filter(instance=clients.instance())
        status = {
            "configured": wrong is None,
            "referral_client": wrong is None,
            "uploads_client": wrong is None,
            "config": {
                "base_url": clients.shown_base_url(),
                "referral_instance": config["REFERRALOMSDB_INSTANCE"],
                "uploads_instance": config["WEBSITE_UPLOADS_INSTANCE"],
                "api_key_set": bool(config["API_KEY"]),
            },
            "last_sync_at": rows.aggregate(last=Max("synced_at"))["last"],
            "pending": waiting,
            "failed": failed,
        }
        return Response({"success": True, "status": status})


class ReferralsView(LiveView):
    @extend_schema(operation_id="nocodebackend_referrals_list", parameters=PAGING, responses=RowsAnswer)
    def get(self, request: Request) -> HttpResponseBase:
        """The referrals there, in the order of their numbers."""
        refuse_unknown(request, PAGED_BY)
        return self.rows(lambda pair, limit, offset: pair[0].window(limit=limit, offset=offset))


class ReferralView(LiveView):
    @extend_schema(responses=RowAnswer)
    def get(self, request: Request, referral_id: str) -> HttpResponseBase:
        """One referral there, by its number or by its reference, as it is now."""
        refuse_unknown(request, ())
        return self.row(lambda pair: pair[0].get_referral_by_id(referral_id, fresh=True))


class UploadsView(LiveView):
    @extend_schema(
        operation_id="nocodebackend_uploads_list", parameters=[*PAGING, OF_REFERRAL], responses=RowsAnswer
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The uploads there, all of them or those of one referral."""
        refuse_unknown(request, {*PAGED_BY, "referral_id"})
        referral_id = request.query_params.get("referral_id")

        def ask(pair: clients.Pair, limit: int, offset: int) -> Window:
            where = None if referral_id is None else pair[1].of_referral(referral_id)
            return pair[1].window(limit=limit, offset=offset, where=where)

        return self.rows(ask)


class UploadView(LiveView):
    @extend_schema(responses=RowAnswer)
    def get(self, request: Request, upload_id: str) -> HttpResponseBase:
        """One upload there, as it is now."""
        refuse_unknown(request, ())
        return self.row(lambda pair: pair[1].get_upload_by_id(upload_id, fresh=True))


class SyncReferralView(APIView):
    allow = allowed("nocodebackend.referralsync", post=BACK_OFFICE, list=BACK_OFFICE, send=BACK_OFFICE)

    @extend_schema(request=SyncWrite, responses=SyncAnswer)
    def post(self, request: Request) -> HttpResponseBase:
        """Send one referral of ours as it is now, and answer the number of its row there."""
        refuse_unknown(request, ())
        refuse_members(request.data, SyncWrite().fields)
        given = request.data.get("referral_id") if isinstance(request.data, dict) else None
        referral = named(given, reader=request.user)
        sync = send_now(referral)
        data = {
            "referral_id": referral.pk,
            "reference": sync.reference,
            "remote_id": sync.remote_id,
            "synced_at": sync.synced_at,
        }
        return Response({"success": True, "message": "The referral is in step.", "data": data})
