"""Print an access token for each sign-in of the benchmark, then a cursor to the page at depth 500,000."""

import django

django.setup()

from accounts.models import SignIn  # noqa: E402
from accounts.tokens import new_pair  # noqa: E402
from bookings.models import Booking  # noqa: E402
from careops.core.pagination import Position  # noqa: E402

DEPTH = 500_000

if __name__ == "__main__":
    for sign_in in SignIn.objects.all():
        print(new_pair(sign_in).access)
    order = ("-scheduled_at", "-pk")
    place = Booking.objects.order_by(*order).values_list("scheduled_at", "pk")[DEPTH]
    print(Position(Booking._meta.label_lower, order, False, place).text())
