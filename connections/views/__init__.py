"""The routes of connections."""
