"""What every tick of the worker does, once and in this process alone: quick to start, and to kill."""

import careops.wsgi  # noqa: F401  # sets Django up, which the import below needs

# isort: split
from careops.core.queue import tick

if __name__ == "__main__":
    tick()
