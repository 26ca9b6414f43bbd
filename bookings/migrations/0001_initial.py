import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.contrib.postgres.operations import BtreeGistExtension
from django.db import migrations, models

import bookings.constraints
import bookings.models
import careops.core.clock


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("messaging", "0001_initial"),
    ]

    operations = [
        BtreeGistExtension(),
        migrations.CreateModel(
            name="Provider",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120)),
                (
                    "sector",
                    models.CharField(
                        help_text="A lower-case word.",
                        max_length=40,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^[a-z][a-z0-9_]*\\Z", "Enter one lower-case word, such as real_estate."
                            )
                        ],
                    ),
                ),
                (
                    "phone",
                    models.CharField(
                        blank=True,
                        help_text="E.164, such as +15550100.",
                        max_length=16,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^\\+[1-9][0-9]{7,14}\\Z", "Enter a phone number such as +15550100."
                            )
                        ],
                    ),
                ),
                ("email", models.EmailField(blank=True, max_length=254)),
                ("address", models.CharField(blank=True, max_length=300)),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "time_zone",
                    models.CharField(
                        default=bookings.models.installation_time_zone,
                        max_length=64,
                        validators=[bookings.models.known_time_zone],
                    ),
                ),
                (
                    "capacity",
                    models.PositiveSmallIntegerField(
                        default=1,
                        help_text="Bookings at once.",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1000),
                        ],
                    ),
                ),
                (
                    "slot_minutes",
                    models.PositiveSmallIntegerField(
                        default=15,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                    ),
                ),
                (
                    "min_notice_minutes",
                    models.PositiveIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(527040)]
                    ),
                ),
                (
                    "horizon_days",
                    models.PositiveSmallIntegerField(
                        default=365, validators=[django.core.validators.MaxValueValidator(3660)]
                    ),
                ),
                (
                    "cancel_notice_minutes",
                    models.PositiveIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(527040)]
                    ),
                ),
                ("created_at", models.DateTimeField(default=careops.core.clock.now)),
                ("updated_at", models.DateTimeField(default=careops.core.clock.now)),
                (
                    "user",
                    models.ForeignKey(
                        blank=True,
                        help_text="The professional whose provider this is.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="providers",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="professional",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="OpeningHours",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "weekday",
                    models.PositiveSmallIntegerField(
                        choices=[
                            (0, "Monday"),
                            (1, "Tuesday"),
                            (2, "Wednesday"),
                            (3, "Thursday"),
                            (4, "Friday"),
                            (5, "Saturday"),
                            (6, "Sunday"),
                        ]
                    ),
                ),
                (
                    "opens",
                    models.CharField(
                        help_text="Such as 09:00.",
                        max_length=5,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\\Z",
                                "Enter a time such as 09:00 or 24:00.",
                            )
                        ],
                    ),
                ),
                (
                    "closes",
                    models.CharField(
                        help_text="Until 24:00.",
                        max_length=5,
                        validators=[
                            django.core.validators.RegexValidator(
                                "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)\\Z",
                                "Enter a time such as 09:00 or 24:00.",
                            )
                        ],
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opening_hours",
                        to="bookings.provider",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "opening hours",
                "ordering": ("weekday", "opens", "id"),
            },
        ),
        migrations.CreateModel(
            name="Closure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("starts_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("reason", models.CharField(blank=True, max_length=200)),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="closures",
                        to="bookings.provider",
                    ),
                ),
            ],
            options={
                "ordering": ("starts_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Service",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                (
                    "duration_minutes",
                    models.PositiveSmallIntegerField(
                        default=30,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(1440),
                        ],
                    ),
                ),
                (
                    "buffer_before_minutes",
                    models.PositiveSmallIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(1440)]
                    ),
                ),
                (
                    "buffer_after_minutes",
                    models.PositiveSmallIntegerField(
                        default=0, validators=[django.core.validators.MaxValueValidator(1440)]
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=2,
                        default=0,
                        max_digits=10,
                        validators=[django.core.validators.MinValueValidator(0)],
                    ),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "provider",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="services",
                        to="bookings.provider",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "id"),
            },
        ),
        migrations.CreateModel(
            name="Booking",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("service_type", models.CharField(blank=True, max_length=80)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("confirmed", "Confirmed"),
                            ("completed", "Completed"),
                            ("no_show", "No-show"),
                            ("cancelled", "Cancelled"),
                        ],
                        default="pending",
                        max_length=16,
                    ),
                ),
                ("seat", models.SmallIntegerField(default=0)),
                ("scheduled_at", models.DateTimeField()),
                ("ends_at", models.DateTimeField()),
                ("duration_minutes", models.PositiveSmallIntegerField(default=30)),
                ("busy_from", models.DateTimeField()),
                ("busy_until", models.DateTimeField()),
                ("notes", models.TextField(blank=True, max_length=5000)),
                ("override_reason", models.CharField(blank=True, max_length=300)),
                ("cancel_reason", models.CharField(blank=True, max_length=300)),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="Raised by each change of time."),
                ),
                ("created_at", models.DateTimeField(default=careops.core.clock.now)),
                ("updated_at", models.DateTimeField(default=careops.core.clock.now)),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="messaging.contact",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="bookings",
                        to="bookings.provider",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        db_index=False,
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="bookings",
                        to="bookings.service",
                    ),
                ),
            ],
            options={
                "ordering": ("-scheduled_at", "-id"),
            },
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(fields=["name", "id"], name="provider_name"),
        ),
        migrations.AddIndex(
            model_name="provider",
            index=models.Index(fields=["sector"], name="provider_sector"),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("name", ""), _negated=True), name="provider_has_a_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("capacity__gte", 1)), name="provider_has_a_seat"
            ),
        ),
        migrations.AddConstraint(
            model_name="provider",
            constraint=models.CheckConstraint(
                condition=models.Q(("slot_minutes__range", (1, 1440))), name="provider_slots_fit_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(("weekday__in", [0, 1, 2, 3, 4, 5, 6])),
                name="hours_are_on_a_day_of_the_week",
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes__gt", models.F("opens"))), name="hours_close_after_they_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="openinghours",
            constraint=models.CheckConstraint(
                condition=models.Q(("closes__lte", "24:00")), name="hours_end_by_midnight"
            ),
        ),
        migrations.AddIndex(
            model_name="closure",
            index=models.Index(fields=["provider", "ends_at"], name="closure_provider_end"),
        ),
        migrations.AddConstraint(
            model_name="closure",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("starts_at"))),
                name="closure_ends_after_its_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(("duration_minutes__range", (1, 1440))), name="service_lasts_up_to_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("buffer_after_minutes__range", (0, 1440)), ("buffer_before_minutes__range", (0, 1440))
                ),
                name="service_buffers_fit_a_day",
            ),
        ),
        migrations.AddConstraint(
            model_name="service",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gte", 0)), name="service_price_is_not_negative"
            ),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["provider", "scheduled_at", "id"], name="booking_provider_time"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["scheduled_at", "id"], name="booking_time"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["status", "scheduled_at"], name="booking_status_time"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(fields=["contact", "scheduled_at"], name="booking_contact_time"),
        ),
        migrations.AddIndex(
            model_name="booking",
            index=models.Index(
                condition=models.Q(("service__isnull", False)), fields=["service"], name="booking_service"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=bookings.constraints.OnePerSeat(
                name="bookings_one_per_seat", statuses=["completed", "confirmed", "pending"]
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status__in", ["pending", "confirmed", "completed", "no_show", "cancelled"])
                ),
                name="booking_status_is_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("seat__gte", 0)), name="booking_seat_is_not_negative"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_at__gt", models.F("scheduled_at"))),
                name="booking_ends_after_its_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(("duration_minutes__range", (1, 1440))), name="booking_lasts_up_to_a_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="booking",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("busy_from__lte", models.F("scheduled_at")), ("busy_until__gte", models.F("ends_at"))
                ),
                name="booking_is_busy_while_it_lasts",
            ),
        ),
    ]
