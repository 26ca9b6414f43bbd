"""Where a referral was made."""

from django.db import models


class Origin(models.TextChoices):
    OURS = "ours", "Made here"
    THEIRS = "theirs", "Came from there"
