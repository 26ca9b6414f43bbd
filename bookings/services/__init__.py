"""The verbs of bookings: one function, one transaction."""

from bookings.services.booking import Override, book, reschedule
from bookings.services.clients import Client, Introduced
from bookings.services.provider import (
    add,
    change,
    create_provider,
    delete_provider,
    remove,
    replace_hours,
    update_provider,
)
from bookings.services.reminders import remind, remind_of_form
from bookings.services.status import cancel, complete, confirm, erase, mark_no_show, reopen, rewrite_notes

__all__ = [
    "Client",
    "Introduced",
    "Override",
    "add",
    "book",
    "cancel",
    "change",
    "complete",
    "confirm",
    "create_provider",
    "delete_provider",
    "erase",
    "mark_no_show",
    "remind",
    "remind_of_form",
    "remove",
    "reopen",
    "replace_hours",
    "reschedule",
    "rewrite_notes",
    "update_provider",
]
