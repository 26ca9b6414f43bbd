"""Views that a professional uses only after the clinic has approved them."""

from typing import Any

from rest_framework.request import Request

from accounts.authentication import user_of
from accounts.enums import Role
from accounts.services.approval import refuse_not_admitted
from careops.core.views import ResourceView


class AdmittedOnly(ResourceView):
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Raises NotApproved, EmailUnconfirmed for a professional who is not admitted."""
        super().initial(request, *args, **kwargs)
        caller = user_of(request)
        if caller.role == Role.PROFESSIONAL:
            refuse_not_admitted(caller)
