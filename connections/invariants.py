"""What always holds of connections, activities, referrals and files, asked of the rows and not through the verbs."""

import time
from collections.abc import Iterator

from django.db.models import Count, F, Q

from accounts.enums import Role
from bookings.enums import OPEN, BookingStatus
from connections.enums import InviteStatus, ReferralStatus
from connections.models import Activity, ActivityInvite, Connection, Referral, ReferralFile
from connections.querysets import accepted_connection
from connections.services.files import AT_ONCE, SETTLED, shelf

SWEPT_WITHIN = 2 * SETTLED  # a file of nobody's is swept within the hour after it has settled


def both_sides_have_their_roles() -> Iterator[str]:
    """A connection that has not ended is between a professional and a client."""
    known = Q(client=None) | Q(client__role=Role.CLIENT)
    rows = Connection.objects.standing().exclude(known & Q(professional__role=Role.PROFESSIONAL))
    for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
        yield f"connection {pk}: one of its sides has another role now"


def invites_are_between_connected() -> Iterator[str]:
    """An invite waits for an answer, or holds a seat, between those who are connected only."""
    connected = accepted_connection(professional="activity__professional", client="client")
    for pk in ActivityInvite.objects.live().exclude(connected).order_by("pk").values_list("pk", flat=True):
        yield f"invite {pk}: it is open, and the two are not connected"


def nobody_is_invited_to_what_is_cancelled() -> Iterator[str]:
    """A cancelled activity has no invite that waits or holds a seat."""
    rows = ActivityInvite.objects.live().filter(activity__cancelled_at__isnull=False)
    for pk, activity in rows.order_by("pk").values_list("pk", "activity_id"):
        yield f"invite {pk}: it is open, and activity {activity} is cancelled"


def seats_are_within_capacity() -> Iterator[str]:
    """No more clients take part in an activity than it has seats."""
    taken = Count("invites", filter=Q(invites__status=InviteStatus.ACCEPTED))
    rows = Activity.objects.annotate(taken=taken).filter(capacity__isnull=False, taken__gt=F("capacity"))
    for pk, number, seats in rows.order_by("pk").values_list("pk", "taken", "capacity"):
        yield f"activity {pk}: {number} take part, and there are {seats} seats"


def booked_referrals_have_a_booking() -> Iterator[str]:
    """A referral that is booked has a booking that still lies ahead, and one completed by its booking a completed one."""
    booked = Q(status=ReferralStatus.BOOKED)
    completed = Q(status=ReferralStatus.COMPLETED, booking__isnull=False)
    wrong = (booked & (Q(booking=None) | ~Q(booking__status__in=OPEN))) | (
        completed & ~Q(booking__status=BookingStatus.COMPLETED)
    )
    rows = Referral.objects.filter(wrong).order_by("pk").values_list("pk", "status", "booking_id")
    for pk, status, booking_id in rows.iterator():
        yield f"referral {pk} is {status}, its booking {booking_id or 'is missing'}{' is not' if booking_id else ''}"


def referral_and_booking_are_of_one_person() -> Iterator[str]:
    """A referral's booking is its person's, and its client is the account of its contact."""
    rows = Referral.objects.filter(
        Q(booking__isnull=False) & ~Q(booking__contact=F("contact"))
        | Q(client__isnull=False, contact__user__isnull=False) & ~Q(contact__user=F("client"))
    )
    for pk in rows.order_by("pk").values_list("pk", flat=True).iterator():
        yield f"referral {pk} names more than one person"


def references_are_their_numbers() -> Iterator[str]:
    """A referral's reference is made of its number."""
    for pk, reference in Referral.objects.order_by("pk").values_list("pk", "reference").iterator():
        if reference != f"ref_{pk:06d}":
            yield f"referral {pk} has another reference"


def files_are_where_their_rows_say() -> Iterator[str]:
    """Every file of a referral lies on the shelf, as large as its row says."""
    lying = shelf()
    for pk, key, size in ReferralFile.objects.order_by("pk").values_list("pk", "key", "size").iterator():
        try:
            found = lying.path(key).stat().st_size
        except OSError:
            yield f"file {pk}: its content is not on the shelf"
            continue
        if found != size:
            yield f"file {pk}: its content has {found} bytes and should have {size}"


def nothing_lies_on_the_shelf_without_a_row() -> Iterator[str]:
    """What no row names is swept away."""
    settled = list(shelf().settled(seconds=SWEPT_WITHIN))
    for start in range(0, len(settled), AT_ONCE):
        part = settled[start : start + AT_ONCE]
        known = set(
            ReferralFile.objects.filter(key__in=[path.name for path in part]).values_list("key", flat=True)
        )
        for path in part:
            if path.name not in known:
                age = round((time.time() - path.stat().st_mtime) / 3600)
                yield f"a file of nobody's has lain on the shelf for {age} hours: is the worker running?"


INVARIANTS = (
    both_sides_have_their_roles,
    invites_are_between_connected,
    nobody_is_invited_to_what_is_cancelled,
    seats_are_within_capacity,
    booked_referrals_have_a_booking,
    referral_and_booking_are_of_one_person,
    references_are_their_numbers,
    files_are_where_their_rows_say,
    nothing_lies_on_the_shelf_without_a_row,
)
