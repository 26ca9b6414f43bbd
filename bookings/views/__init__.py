"""Providers and bookings over the API."""
