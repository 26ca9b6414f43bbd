"""Who gets a mail about a change that a practice refused: the admins, and the user who made the booking."""

from accounts.enums import Role
from accounts.models import User
from accounts.permissions import BACK_OFFICE
from accounts.services.mails import tell_of
from bookings.models import Booking
from careops.core.models import Alert
from integrations.pms.alerts import WRITEBACK_FAILED
from integrations.pms.models import PmsWriteback

# Clients book too; what goes on between the clinic and its practice is not theirs to mend.
COLLEAGUES = frozenset({*BACK_OFFICE, Role.PROFESSIONAL})


def tell() -> int:
    """Plan the mails about open alerts of refused changes that nobody was told of yet; how many are new."""
    alerts = list(Alert.objects.active().filter(kind=WRITEBACK_FAILED.name))
    if not alerts:
        return 0
    admins = list(User.objects.active().filter(role=Role.ADMIN))
    return sum(tell_of(alert, [*admins, *_makers(alert, admins)]) for alert in alerts)


def _makers(alert: Alert, known: list[User]) -> list[User]:
    """Whoever made the booking that an alert is about, or asked for the change."""
    row = PmsWriteback.objects.filter(pk=alert.subject_id).first()
    if row is None:
        return []
    booking = (
        Booking.objects.filter(pk=row.entity_id).first() if row.entity_type == "bookings.booking" else None
    )
    maker = booking.created_by_id if booking is not None and booking.created_by_id else row.actor_id
    found = User.objects.active().filter(pk__in=[maker], role__in=COLLEAGUES)
    return list(found.exclude(pk__in=[user.pk for user in known]))
