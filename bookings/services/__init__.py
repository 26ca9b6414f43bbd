"""The verbs of bookings: one function, one transaction."""

from bookings.services.booking import Override, book, reschedule
from bookings.services.clients import Client, Introduced
from bookings.services.corrections import change_client, rename_service, rewrite_notes
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
from bookings.services.status import cancel, complete, confirm, erase, mark_no_show, reopen
from bookings.services.undo import lock_to_undo, undo

__all__ = [
    "Client",
    "Introduced",
    "Override",
    "add",
    "book",
    "cancel",
    "change",
    "change_client",
    "complete",
    "confirm",
    "create_provider",
    "delete_provider",
    "erase",
    "lock_to_undo",
    "mark_no_show",
    "remind",
    "remind_of_form",
    "remove",
    "rename_service",
    "reopen",
    "replace_hours",
    "reschedule",
    "rewrite_notes",
    "undo",
    "update_provider",
]
