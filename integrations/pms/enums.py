"""The words of the integration."""

from django.db import models


class Kind(models.TextChoices):
    SIKKA = "sikka", "Sikka"


class IntegrationState(models.TextChoices):
    NEW = "new", "New"
    ACTIVE = "active", "Active"
    EXPIRING = "expiring", "Expiring"
    NEEDS_AUTHORISATION = "needs_authorisation", "Needs authorisation"
    DISABLED = "disabled", "Disabled"


class Operation(models.TextChoices):
    BOOK_APPOINTMENT = "book_appointment", "Book appointment"
    RESCHEDULE_APPOINTMENT = "reschedule_appointment", "Reschedule appointment"
    CHANGE_APPOINTMENT_STATUS = "change_appointment_status", "Change appointment status"
    CREATE_PATIENT = "create_patient", "Create patient"
    UPDATE_PATIENT = "update_patient", "Update patient"


CREATES = frozenset({Operation.BOOK_APPOINTMENT, Operation.CREATE_PATIENT})


class Result(models.TextChoices):
    PENDING = "pending", "Pending"
    COMPLETED = "completed", "Completed"
    FAILED = "failed", "Failed"


class ConflictKind(models.TextChoices):
    FIELD = "field", "Changed here and there"
    OVERLAP = "overlap", "No seat is free"
    REFUSED = "refused", "Cannot be booked here"
    MATCH = "match", "Who is this"


class Side(models.TextChoices):
    APPOINTMENT = "appointment", "Appointment"
    PATIENT = "patient", "Patient"


class Keep(models.TextChoices):
    OURS = "ours", "Ours"
    THEIRS = "theirs", "Theirs"
    BOTH = "both", "They agree by now"


# Under these a practice can be called; while it has none of them, what is planned for it waits.
USABLE = frozenset({IntegrationState.ACTIVE, IntegrationState.EXPIRING})
