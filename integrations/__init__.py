"""Outside systems: each is a package of its own that talks only from the worker."""
