"""The OpenAPI document and the page that shows it, from our own static files."""

from functools import cache

from csp.decorators import csp_replace
from django.http import HttpResponse
from django.utils.decorators import method_decorator
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from careops.core.reads import render


@cache
def _document() -> bytes:
    """Made once per process: it costs a second and never changes while we run."""
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    return render(generator.get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


class SchemaView(APIView):
    authentication_classes = ()
    permission_classes = (AllowAny,)

    @extend_schema(exclude=True)
    def get(self, request: Request) -> HttpResponse:
        """The OpenAPI document, as JSON."""
        return HttpResponse(_document(), content_type="application/json")


@method_decorator(csp_replace({"script-src": ["'self'"]}), name="dispatch")
class DocsView(SpectacularSwaggerSplitView):
    """The browsable document. Its own scripts only, and none inside the page."""

    permission_classes = (AllowAny,)
