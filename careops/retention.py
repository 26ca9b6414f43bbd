"""Which tables say how long their rows are kept: for each app one tuple of kinds."""

KEPT: tuple[str, ...] = (
    "careops.core.kept.KEPT",
    "accounts.kept.KEPT",
    "messaging.kept.KEPT",
    "inventory.kept.KEPT",
    "connections.kept.KEPT",
    "integrations.pms.kept.KEPT",
)
