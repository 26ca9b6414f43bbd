"""How the failure of an outside system is answered: by its kind, never by its text."""

from careops.core.problems import DomainError


class UpstreamFailed(DomainError):
    status, code, detail = 502, "upstream_error", "The outside system did not do what was asked."


class UpstreamLate(DomainError):
    status, code, detail = 504, "upstream_timeout", "The outside system did not answer in time."


class UpstreamNotConfigured(DomainError):
    status, code, detail = 503, "not_configured", "The outside system is not configured."
