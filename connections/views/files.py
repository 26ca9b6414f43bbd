"""Files of a referral over the API: added, listed, downloaded and taken away by whoever may see the referral."""

from functools import cached_property
from typing import Any, ClassVar

from django.conf import settings
from django.db.models import QuerySet
from django.http import FileResponse
from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.permissions import SIGNED_IN, allowed
from careops.core.problems import NotFound
from careops.core.uploads import NAME, OneFileOnly, OneFileParser, Upload
from careops.core.views import ListMixin
from connections.filing.kinds import KINDS
from connections.models import Referral, ReferralFile
from connections.serializers.referrals import ReferralFileRead, ReferralFileWrite
from connections.services import files
from connections.views.admitted import AdmittedOnly
from connections.views.referrals import MOVERS

ENVELOPE = 64 * 1024  # what a form needs around the file


class ReferralFileViewSet(AdmittedOnly, ListMixin):
    allow = allowed(
        "connections.referralfile", list=SIGNED_IN, retrieve=SIGNED_IN, create=MOVERS, destroy=MOVERS
    )
    read = ReferralFileRead
    write: ClassVar = {"create": ReferralFileWrite}
    parser_classes = (OneFileParser,)
    order: ClassVar = ("pk",)
    ordering_fields: ClassVar = {"id": "pk", "name": "name", "size": "size", "created_at": "created_at"}

    @staticmethod
    def body_limit() -> int:
        return int(settings.REFERRAL_FILE_MAX_BYTES) + ENVELOPE

    @cached_property
    def referral(self) -> Referral:
        """The visible referral of the address. Raises NotFound."""
        found = Referral.objects.visible_to(self.request.user).filter(pk=self.kwargs["referral_id"]).first()
        if found is None:
            raise NotFound
        return found

    def get_queryset(self) -> QuerySet[ReferralFile]:
        return ReferralFile.objects.filter(referral=self.referral)

    def create(self, request: Request, referral_id: str) -> HttpResponseBase:
        """Add a file; what it is follows from its content."""
        referral = self.referral  # before the body is read: who may not see it need not send it
        sent: Any = request.data
        upload = sent.get(NAME)
        if not isinstance(upload, Upload):
            raise OneFileOnly
        return self.created(
            lambda: files.add_file(
                referral=referral, actor=request.user, name=upload.name, content=upload.content
            )
        )

    @extend_schema(responses={(200, mime): OpenApiTypes.BINARY for mime in KINDS})
    def retrieve(self, request: Request, referral_id: str, pk: str) -> HttpResponseBase:
        """The file itself, to be saved."""
        return download(self.find(pk))

    def destroy(self, request: Request, referral_id: str, pk: str) -> Response:
        """Take a file away."""
        files.remove_file(file=self.find(pk), actor=request.user)
        return Response(status=204)


def download(file: ReferralFile) -> FileResponse:
    """The file as an attachment that no browser shows, guesses at or keeps. Raises FileLost."""
    response = FileResponse(
        files.open_file(file), as_attachment=True, filename=file.name, content_type=file.content_type
    )
    headers: dict[str, Any] = {
        "X-Content-Type-Options": "nosniff",
        "Cache-Control": "private, no-store",
        "Content-Security-Policy": "default-src 'none'; sandbox",
    }
    for name, value in headers.items():
        response[name] = value
    return response
