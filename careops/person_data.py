"""Who holds something about a person: for each app one module with ``blocks_erasure``, ``export`` and ``erase``.

``contacts`` asks them all before it erases a contact, without knowing what lies above it.
"""

MODULES: tuple[str, ...] = (
    "accounts.person_data",
    "messaging.person_data",
    "bookings.person_data",
    "inventory.person_data",
    "connections.person_data",
    "integrations.nocodebackend.person_data",
    "integrations.pms.person_data",
)

# What an erasure locks before the contact, in this order: verbs of these rows lock the row first, then its contact.
LOCKS: tuple[str, ...] = ("bookings.services.seats.lock_bookings_of",)
