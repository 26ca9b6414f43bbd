"""Who works with whom: connections, shared activities and referrals."""
