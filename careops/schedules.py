"""The whole table of scheduled work. ``manage.py sync_schedules`` writes it into the queue's tables.

``TICK`` is what every tick does, in order: every ten seconds under ``manage.py worker``, every minute under
a bare ``qcluster``, and at once when a change rings. ``SCHEDULES`` is what runs at its own pace.
"""

from typing import NamedTuple


class Every(NamedTuple):
    """One schedule: its unique name, the dotted path of its task and the minutes between two runs."""

    name: str
    task: str
    minutes: int


TICK = (
    "careops.scheduling.keep_in_time",
    "careops.core.events.deliver_handler_runs",
    "accounts.tasks.tell_of_critical_alerts",
    "accounts.tasks.deliver_account_mail",
    "messaging.tasks.end_pauses",
    "connections.tasks.hand_over_invitations",
    "messaging.tasks.deliver_messages",
    "integrations.nocodebackend.tasks.push_referrals",
    "integrations.pms.tasks.submit_writebacks",
    "integrations.pms.tasks.follow_writebacks",
    "integrations.pms.tasks.tell_of_alerts",
)

SCHEDULES = (
    Every("tick", "careops.core.queue.tick", 1),
    Every("call-heartbeat-url", "careops.core.heartbeat_url.call", 1),
    Every("pull-referrals", "integrations.nocodebackend.tasks.pull_referrals", 5),
    Every("pms-renew-keys", "integrations.pms.tasks.renew_keys", 1),
    Every("pms-sync", "integrations.pms.tasks.sync_practices", 1),
    Every("housekeeping", "careops.core.retention.housekeep", 60),
    Every("seal-record", "careops.core.seals.seal_recorded", 10),
    Every("review-stranded", "bookings.tasks.review_stranded", 10),
    Every("warn-of-expiry", "inventory.tasks.warn_of_expiry", 60),
    Every("sweep-files", "connections.tasks.sweep_files", 60),
    Every("review-approvals", "accounts.tasks.review_approvals", 60),
)
