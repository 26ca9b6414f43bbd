"""The twin of NoCodeBackend: its habits, a switch for each point that nobody knows, invented rows."""

from integrations.sandbox.nocodebackend.twin import KEY, NoCodeBackendTwin

__all__ = ["KEY", "NoCodeBackendTwin"]
