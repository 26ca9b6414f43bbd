"""The whole table of automation: WHEN an event happens, THEN these handlers run, in this order.

A handler only writes rows under a unique key (a message, an alert); the worker does the rest.
"""

HANDLERS: dict[str, tuple[str, ...]] = {
    "user.email_confirmed": ("messaging.automations.link_account",),
    "contact.created": ("messaging.automations.plan_welcome",),
    "booking.created": ("bookings.automations.plan_confirmation",),
    "booking.cancelled": ("bookings.automations.withdraw_messages",),
    "booking.rescheduled": ("bookings.automations.renew_confirmation",),
    "booking.erased": ("bookings.automations.withdraw_messages",),
}
