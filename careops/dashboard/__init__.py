"""What the whole installation looks like at a glance: for the API and for the back office's home page."""
