from django.db import models


class Channel(models.TextChoices):
    EMAIL = "email", "E-mail"
    SMS = "sms", "SMS"


class Direction(models.TextChoices):
    OUTBOUND = "outbound", "Outbound"
    INBOUND = "inbound", "Inbound"


class PauseReason(models.TextChoices):
    STAFF_REPLIED = "staff_replied", "Staff replied"
    BY_HAND = "automation_paused", "Paused by hand"
