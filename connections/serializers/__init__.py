"""What the routes of connections take and answer."""
