"""Contacts and what is said to them: conversations, templates, consent, the send ledger."""
