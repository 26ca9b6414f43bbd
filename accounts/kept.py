"""How long sign-ins, sessions and account mails are kept."""

from datetime import datetime
from importlib import import_module
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet

from accounts.models import AccountMail, SignIn
from accounts.querysets import TRUST
from careops.core import clock
from careops.core.retention import Kind, ended


def _sessions(before: datetime) -> QuerySet[Any]:
    sessions = import_module(settings.SESSION_ENGINE).SessionStore.get_model_class()
    found: QuerySet[Any] = sessions.objects.filter(expire_date__lt=before)
    return found


def _sign_ins(before: datetime) -> QuerySet[SignIn]:
    """Those that ended or ran out and are too old to vouch for their address."""
    over = Q(revoked_at__isnull=False) | Q(expires_at__lt=clock.agreed_now())
    return SignIn.objects.filter(over, created_at__lte=before)


KEPT = (
    Kind("sessions", "sessions of the back office that ran out", _sessions, days=0, least=0),
    Kind("sign_ins", "sign-ins that ended or ran out", _sign_ins, days=TRUST.days, least=TRUST.days),
    Kind("account_mails", "mails about accounts and alerts that have ended", ended(AccountMail), days=90),
)
