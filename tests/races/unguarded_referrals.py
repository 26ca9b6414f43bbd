"""The installation without its guard over a referral's status: it reads the status, and writes another one later."""

import time
from typing import Any
from unittest.mock import patch

from careops.rsgi import application as application  # sets Django up, which the imports below need

# isort: split
from django.db import transaction

from careops.core.events import emit
from connections.enums import ReferralStatus
from connections.models import Referral
from connections.services import moves
from connections.views.referrals import ANSWERED, ReferralViewSet


def read(referral: Referral, **_: Any) -> Referral:
    found = Referral.objects.get(pk=referral.pk)
    time.sleep(0.05)  # so that others read the same status, however busy the machine is
    return found


def write(referral: Referral, to: Any, actor: Any, *, name: str = "", **fields: Any) -> Referral:
    with transaction.atomic():
        Referral.objects.filter(pk=referral.pk).update(status=to, **fields)
        emit(name or f"referral.{to}", subject=referral, actor=actor)
    return referral


def partial_update(view: ReferralViewSet, request: Any, pk: str) -> Any:
    referral = view.find(pk)
    view._change(referral, view.parse())
    return view._as_left(pk, referral)


# Outside a transaction, as code without a thought for others would be.
unguarded: Any = moves._move  # accept and its like hold no transaction of their own
complete: Any = moves.complete
patch.object(moves, "lock_referral", read).start()
patch.object(moves, "_write", write).start()
patch.object(moves, "_move", unguarded.__wrapped__).start()
patch.dict(ANSWERED, {ReferralStatus.COMPLETED: complete.__wrapped__}).start()
patch.object(ReferralViewSet, "partial_update", partial_update).start()
