"""The verbs of connections: one function, one transaction; each locks the professional first."""
