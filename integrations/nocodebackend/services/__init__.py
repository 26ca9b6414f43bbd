"""The verbs that keep referrals in step: mark what changed, send what is marked, take over what changed there."""
