"""What follows by itself: only rows under unique keys, the worker does the rest."""
