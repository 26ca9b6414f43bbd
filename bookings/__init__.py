"""Providers, services, opening hours, availability and bookings."""
