"""The whole table of automation: WHEN an event happens, THEN these handlers run, in this order.

A handler only writes rows under a unique key (a message, an alert); the worker does the rest.
"""

HANDLERS: dict[str, tuple[str, ...]] = {
    "user.signed_up": (
        "accounts.automations.review_approvals",
        "connections.automations.connections.find_invitations",
    ),
    "user.email_confirmed": (
        "messaging.automations.link_account",
        "connections.automations.connections.find_invitations",
    ),
    "user.approved": ("accounts.automations.review_approvals",),
    "user.approval_withdrawn": ("accounts.automations.review_approvals",),
    "user.role_changed": (
        "accounts.automations.review_approvals",
        "connections.automations.connections.end_of_role",
    ),
    "user.disowned": (
        "connections.automations.connections.end_of_account",
        "accounts.automations.review_approvals",
    ),
    "user.erased": ("accounts.automations.review_approvals",),
    "contact.created": (
        "messaging.automations.plan_welcome",
        "connections.automations.referrals.join_person",
    ),
    "contact.updated": (
        "integrations.pms.automations.change_patient_there",
        "integrations.nocodebackend.automations.mark_person",
    ),
    "contact.linked": ("connections.automations.referrals.join_person",),
    "booking.created": ("bookings.automations.plan_confirmation", "integrations.pms.automations.book_there"),
    "booking.cancelled": (
        "bookings.automations.withdraw_messages",
        "bookings.automations.tell_cancellation",
        "connections.automations.referrals.follow_booking",
        "integrations.pms.automations.call_off_there",
    ),
    "booking.no_show": ("connections.automations.referrals.follow_booking",),
    "booking.rescheduled": (
        "bookings.automations.renew_confirmation",
        "integrations.pms.automations.move_there",
    ),
    "booking.client_changed": (
        "bookings.automations.tell_new_client",
        "connections.automations.referrals.follow_booking",
        "integrations.pms.automations.change_client_there",
    ),
    "booking.completed": (
        "inventory.automations.consume",
        "connections.automations.referrals.follow_booking",
    ),
    "booking.reopened": (
        "bookings.automations.tell_it_stands",
        "inventory.automations.give_back",
        "connections.automations.referrals.follow_booking",
        "integrations.pms.automations.reopen_there",
    ),
    "booking.undone": (
        "bookings.automations.tell_it_stands",
        "inventory.automations.give_back",
        "connections.automations.referrals.follow_booking",
        "integrations.pms.automations.undo_there",
    ),
    "booking.erased": (
        "bookings.automations.withdraw_messages",
        "inventory.automations.forget_shortfall",
        "connections.automations.referrals.follow_booking",
        "integrations.pms.automations.leave_out",
        "integrations.pms.automations.call_off_there",
    ),
    "user.deactivated": ("accounts.automations.review_approvals", "bookings.automations.review_stranded"),
    "user.reactivated": ("accounts.automations.review_approvals", "bookings.automations.review_stranded"),
    "provider.updated": ("bookings.automations.review_stranded",),
    "provider.opening_hours_added": ("bookings.automations.review_stranded",),
    "provider.opening_hours_changed": ("bookings.automations.review_stranded",),
    "provider.opening_hours_removed": ("bookings.automations.review_stranded",),
    "provider.opening_hours_replaced": ("bookings.automations.review_stranded",),
    "provider.closure_added": ("bookings.automations.review_stranded",),
    "provider.closure_changed": ("bookings.automations.review_stranded",),
    "provider.closure_removed": ("bookings.automations.review_stranded",),
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
    "connection.requested": ("connections.automations.connections.tell_of_request",),
    "connection.linked": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.connections.tell_of_request",
    ),
    "connection.merged": ("connections.automations.mails.withdraw_outdated",),
    "connection.accepted": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.connections.tell_of_answer",
    ),
    "connection.rejected": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.connections.tell_of_answer",
    ),
    "connection.ended": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.connections.tell_of_end",
    ),
    "activity.invited": ("connections.automations.activities.tell_of_invite",),
    "activity.accepted": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.activities.tell_of_answer",
    ),
    "activity.declined": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.activities.tell_of_answer",
    ),
    "activity.invite_cancelled": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.activities.tell_of_cancellation",
    ),
    "referral.created": (
        "connections.automations.referrals.tell_sides",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.updated": (
        "connections.automations.referrals.tell_new_recipient",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.accepted": (
        "connections.automations.referrals.tell_sides",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.booked": (
        "connections.automations.referrals.tell_sides",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.completed": (
        "connections.automations.referrals.tell_sides",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.declined": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.referrals.tell_sides",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.cancelled": (
        "connections.automations.mails.withdraw_outdated",
        "connections.automations.referrals.tell_sides",
        "integrations.nocodebackend.automations.mark_referral",
    ),
    "referral.unbooked": ("integrations.nocodebackend.automations.mark_referral",),
    "referral.erased": ("integrations.nocodebackend.automations.mark_erased",),
}
