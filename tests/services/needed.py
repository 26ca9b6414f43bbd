"""Programs that a machine may lack."""

import os

import pytest


def needed(what: str, found: str | None) -> str:
    """Return ``found``; without it skip the test on a developer's machine, and fail it under CI=true."""
    if found:
        return found
    sentence = f"This test needs {what}, which this machine does not have."
    if os.environ.get("CI", "").lower() in {"1", "true"}:
        pytest.fail(sentence, pytrace=False)
    pytest.skip(sentence)
