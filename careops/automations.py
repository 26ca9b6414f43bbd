"""The whole table of automation: WHEN an event happens, THEN these handlers run, in this order.

A handler only writes rows under a unique key (a message, an alert); the worker does the rest.
"""

HANDLERS: dict[str, tuple[str, ...]] = {
    "user.email_confirmed": ("messaging.automations.link_account",),
    "contact.created": ("messaging.automations.plan_welcome",),
    "contact.updated": ("integrations.pms.automations.change_patient_there",),
    "booking.created": ("bookings.automations.plan_confirmation", "integrations.pms.automations.book_there"),
    "booking.cancelled": (
        "bookings.automations.withdraw_messages",
        "integrations.pms.automations.call_off_there",
    ),
    "booking.rescheduled": (
        "bookings.automations.renew_confirmation",
        "integrations.pms.automations.move_there",
    ),
    "booking.completed": ("inventory.automations.consume",),
    "booking.reopened": ("inventory.automations.give_back", "integrations.pms.automations.reopen_there"),
    "booking.erased": (
        "bookings.automations.withdraw_messages",
        "inventory.automations.forget_shortfall",
        "integrations.pms.automations.leave_out",
        "integrations.pms.automations.call_off_there",
    ),
    "item.created": ("inventory.automations.watch_level",),
    "item.updated": ("inventory.automations.watch_level", "inventory.automations.end_warnings"),
    "stock.received": ("inventory.automations.watch_level",),
    "stock.used": (
        "inventory.automations.watch_level",
        "inventory.automations.end_warnings",
        "inventory.automations.settle_shortfall",
    ),
    "stock.adjusted": ("inventory.automations.watch_level", "inventory.automations.end_warnings"),
    "stock.wasted": ("inventory.automations.watch_level", "inventory.automations.end_warnings"),
    "stock.returned": ("inventory.automations.watch_level",),
}
