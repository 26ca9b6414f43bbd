"""The twin's invented rows: what a clinic's website and its referring practices have left there."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from integrations.sandbox.nocodebackend.tables import Row, Table

REFERRALS_INSTANCE, UPLOADS_INSTANCE = "35557_referralomsdb", "35557_website_uploads"
INSTANCES = (REFERRALS_INSTANCE, UPLOADS_INSTANCE)
REFERRAL_COLUMNS = {
    "referral_id": "text", "patient_name": "text", "contact": "text", "referring_doctor": "text",
    "target_doctor": "text", "medical_condition": "text", "urgency_level": "text", "status": "text", "notes": "text",
    "fee": "decimal", "is_insured": "boolean", "wanted_date": "date", "metadata": "json", "created_at": "datetime",
    "updated_at": "datetime", "user_id": "text",
}  # fmt: skip
UPLOAD_COLUMNS = {
    "referral_id": "text", "file_name": "text", "category": "text", "notes": "text", "created_at": "datetime",
    "user_id": "text",
}  # fmt: skip
ORDER_COLUMNS = {"referral_id": "text", "item": "text", "total": "decimal", "created_at": "datetime"}
BEGAN = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)
FIRST = (
    "Ines",
    "Tomas",
    "Wanda",
    "Olu",
    "Priya",
    "Marek",
    "Sofia",
    "Jonah",
    "Aiko",
    "Leon",
    "Nadia",
    "Ruben",
)
LAST = ("Halloran", "Vrabec", "Okafor", "Lindqvist", "Menon", "Castellan", "Duarte")
DOCTORS = ("Dr. Abara", "Dr. Selwyn", "Dr. Kovac", "Dr. Rossi")
CONDITIONS = ("Impacted tooth", "Jaw pain", "Root canal", "Orthodontic review", "Night guard")
STATUSES = ("pending", "accepted", "booked", "completed", "declined")
FILES = (("xray.png", "x-ray"), ("letter.pdf", "letter"), ("insurance-card.jpg", "insurance"))


def invented() -> dict[str, dict[str, Table]]:
    """Both databases with their rows."""
    referrals = Table("referrals", REFERRAL_COLUMNS, unique=frozenset({"referral_id"}))
    orders = Table("orders", ORDER_COLUMNS)
    uploads = Table("uploads", UPLOAD_COLUMNS)
    for number in range(1, 38):
        _put(referrals, _referral(number))
    for number in range(1, 27):
        name, category = FILES[number % len(FILES)]
        at = BEGAN + timedelta(hours=7 * number)
        _put(uploads, {"referral_id": f"web_{number // 2 + 1:04d}", "file_name": name, "category": category,
                       "created_at": at})  # fmt: skip
    return {
        REFERRALS_INSTANCE: {"referrals": referrals, "orders": orders},
        UPLOADS_INSTANCE: {"uploads": uploads},
    }


def _referral(number: int) -> Row:
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    at = BEGAN + timedelta(hours=5 * number)
    return {
        "referral_id": f"web_{number:04d}",
        "patient_name": f"{first} {last}",
        "contact": f"{first}.{last}{number}@example.com".lower(),
        "referring_doctor": DOCTORS[number % len(DOCTORS)],
        "target_doctor": DOCTORS[(number + 1) % len(DOCTORS)],
        "medical_condition": CONDITIONS[number % len(CONDITIONS)],
        "urgency_level": ("routine", "soon", "urgent")[number % 3],
        "status": STATUSES[number % len(STATUSES)],
        "notes": "Came in by the website.",
        "fee": "120.50",
        "is_insured": number % 2,
        "wanted_date": f"{BEGAN + timedelta(days=30 + number):%Y-%m-%d}",
        "metadata": {"page": "/refer", "visits": number},
        "created_at": f"{at:%Y-%m-%d %H:%M:%S}",
        "updated_at": f"{at:%Y-%m-%d %H:%M:%S}",
    }


def _put(table: Table, row: Row) -> None:
    row = {
        name: f"{value:%Y-%m-%d %H:%M:%S}" if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    table.insert(table.checked(row, iso=False, refuse_unknown=True), at=BEGAN)


def packed(databases: Mapping[str, Mapping[str, Table]]) -> dict[str, Any]:
    """All rows as plain values."""
    return {
        table.name: {"last_number": table.last_number, "rows": [_plain(row) for row in table.rows.values()]}
        for tables in databases.values()
        for table in tables.values()
    }


def unpack(kept: Mapping[str, Any], databases: Mapping[str, Mapping[str, Table]]) -> None:
    """Put the rows that were kept in the place of those that are there."""
    for tables in databases.values():
        for table in tables.values():
            found = kept.get(table.name, {"rows": [], "last_number": 0})
            table.last_number = found["last_number"]
            table.rows = {row["id"]: {"id": row["id"], **_typed(table, row)} for row in found["rows"]}


def _plain(row: Row) -> Row:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> Any:
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:f}" if isinstance(value, Decimal) else value


def _typed(table: Table, row: Row) -> Row:
    return table.checked(
        {name: value for name, value in row.items() if name != "id"}, iso=False, refuse_unknown=False
    )
