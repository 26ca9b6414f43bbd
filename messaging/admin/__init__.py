"""Whom the clinic knows, what was said, and the words that are used."""

from messaging.admin.contacts import ContactAdmin
from messaging.admin.messages import MessageAdmin
from messaging.admin.templates import MessageTemplateAdmin

__all__ = ["ContactAdmin", "MessageAdmin", "MessageTemplateAdmin"]
