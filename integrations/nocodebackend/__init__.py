"""NoCodeBackend: the referral and upload databases, their client library, and how they are kept in step with us."""
