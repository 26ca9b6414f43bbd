"""Twins of the outside systems: real HTTP servers with faults on demand, for the demo, the tests and development."""
