"""How the API's document is made: its title, and the names of the values that several tables share."""

from typing import Any

API_DOCUMENT: dict[str, Any] = {
    "TITLE": "CareOps API",
    "DESCRIPTION": "One back office for a care business: contacts, bookings, messages, stock, connections, referrals, outside systems.",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "APPEND_COMPONENTS": {
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "AlertStatusEnum": "careops.core.models.AlertStatus",
        "BookingStatusEnum": "bookings.enums.BookingStatus",
        "ConnectionStatusEnum": "connections.enums.ConnectionStatus",
        "InviteStatusEnum": "connections.enums.InviteStatus",
        "NoticeKindEnum": "connections.enums.NoticeKind",
        "ReferralStatusEnum": "connections.enums.ReferralStatus",
        "ConflictKindEnum": "integrations.pms.enums.ConflictKind",
        "KindEnum": "integrations.pms.enums.Kind",
        "StateEnum": "careops.core.outbox.State",
    },
    "SCHEMA_PATH_PREFIX": "/api",
}
