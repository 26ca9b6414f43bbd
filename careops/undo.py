"""Dotted paths of the guards that can keep a change of a booking from being undone.

A guard takes bookings, each with the event of its last change. It returns, by the id of a booking, a sentence that says
why the change cannot be taken back. An undo asks it about one booking, which is locked; the board asks about many.
"""

GUARDS: tuple[str, ...] = (
    "inventory.undo.used_by_hand",
    "connections.undo.referral_went_on",
)
