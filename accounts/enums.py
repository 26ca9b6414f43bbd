from django.db import models


class Role(models.TextChoices):
    CLIENT = "client", "Client"
    PROFESSIONAL = "professional", "Professional"
    STAFF = "staff", "Staff"
    ADMIN = "admin", "Admin"


class MailKind(models.TextChoices):
    CONFIRM_EMAIL = "confirm_email", "Confirm the address"
    RESET_PASSWORD = "reset_password", "Reset the password"
    ALERT = "alert", "Tell of an alert"
    APPROVED = "approved", "Tell of the approval"
