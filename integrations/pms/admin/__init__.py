"""The back office's pages of the practices."""

from integrations.pms.admin.conflicts import PmsConflictAdmin
from integrations.pms.admin.lists import AppointmentMirrorAdmin, PatientMirrorAdmin
from integrations.pms.admin.practices import PmsIntegrationAdmin
from integrations.pms.admin.writebacks import PmsWritebackAdmin

__all__ = [
    "AppointmentMirrorAdmin",
    "PatientMirrorAdmin",
    "PmsConflictAdmin",
    "PmsIntegrationAdmin",
    "PmsWritebackAdmin",
]
