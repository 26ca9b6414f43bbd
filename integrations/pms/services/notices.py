"""Whom to tell by mail, besides the list of alerts: the admins, and whoever made the booking."""

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import BACK_OFFICE
from accounts.services.mails import tell_of
from bookings.models import Booking
from careops.core.models import Alert
from integrations.pms.alerts import TOLD_BY_MAIL, WRITEBACK_FAILED
from integrations.pms.models import PmsWriteback

# Clients book too; what goes on between the clinic and its practice is not theirs to mend.
COLLEAGUES = frozenset({*BACK_OFFICE, Role.PROFESSIONAL})


def tell() -> int:
    """Plan the mails about open alerts that nobody was told of yet; how many are new."""
    alerts = list(Alert.objects.active().filter(kind__in=[kind.name for kind in TOLD_BY_MAIL]))
    if not alerts:
        return 0
    admins = list(User.objects.active().filter(role=Role.ADMIN))
    return sum(tell_of(alert, [*admins, *_makers(alert, admins)]) for alert in alerts)


def _makers(alert: Alert, known: list[User]) -> list[User]:
    """Whoever made the booking that an alert is about, or asked for the change."""
    if alert.kind != WRITEBACK_FAILED.name:
        return []
    row = PmsWriteback.objects.filter(pk=alert.subject_id).first()
    if row is None:
        return []
    booking = (
        Booking.objects.filter(pk=row.entity_id).first() if row.entity_type == "bookings.booking" else None
    )
    maker = booking.created_by_id if booking is not None and booking.created_by_id else row.actor_id
    found = User.objects.active().filter(pk__in=[maker], role__in=COLLEAGUES)
    return list(found.exclude(pk__in=[user.pk for user in known]))
