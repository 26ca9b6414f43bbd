"""Practice-management systems: the clinic's bookings and people, kept in agreement with a practice's own system."""
