"""The verbs of messaging: one function, one transaction."""
