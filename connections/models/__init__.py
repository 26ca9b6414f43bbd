"""Connections, activities and what belongs to them."""

from connections.models.activities import Activity, ActivityInvite
from connections.models.connections import Connection, Invitation
from connections.models.notices import Notice, NoticePreference
from connections.models.referrals import Referral, ReferralFile

__all__ = [
    "Activity",
    "ActivityInvite",
    "Connection",
    "Invitation",
    "Notice",
    "NoticePreference",
    "Referral",
    "ReferralFile",
]
