"""Django's PostgreSQL backend, less two costs that every request would pay."""
