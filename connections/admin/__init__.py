"""Connections in the back office."""

from connections.admin.activities import ActivityAdmin, ActivityInviteAdmin
from connections.admin.connections import ConnectionAdmin, InvitationAdmin
from connections.admin.notices import NoticeAdmin
from connections.admin.referrals import ReferralAdmin, ReferralFileAdmin

__all__ = [
    "ActivityAdmin",
    "ActivityInviteAdmin",
    "ConnectionAdmin",
    "InvitationAdmin",
    "NoticeAdmin",
    "ReferralAdmin",
    "ReferralFileAdmin",
]
