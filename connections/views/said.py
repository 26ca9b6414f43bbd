"""Answers that say in a sentence what was done, beside the row it was done to."""

from collections.abc import Callable
from typing import Any

from django.db.models import Model
from django.http.response import HttpResponseBase
from rest_framework.response import Response

from careops.core import idempotency
from careops.core.reads import Row
from careops.core.views import ResourceView


class SaidView(ResourceView):
    def said(self, make: Callable[[], Model], say: Callable[[Row], dict[str, Any]]) -> HttpResponseBase:
        """201 with what ``say`` makes of the row, as the caller may see it now; once per Idempotency-Key."""
        outcome = idempotency.once(self.request, make)
        if (refusal := outcome.refusal()) is not None:
            return refusal
        headers = {"Idempotent-Replay": "true"} if outcome.replayed else None
        return Response(say(self.row(outcome.object_id)), status=201, headers=headers)
