"""Dotted paths of the guards that can keep a change of a booking from being undone.

A guard takes the booking, which is locked, and the event of its last change. It returns a sentence that says why the
change cannot be taken back, or ''.
"""

GUARDS: tuple[str, ...] = (
    "inventory.undo.used_by_hand",
    "connections.undo.referral_went_on",
)
