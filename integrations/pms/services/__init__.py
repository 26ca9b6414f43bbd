"""The verbs: practices and their keys, links, what is wanted there."""
