"""What the tests of connections share."""

import pytest

from tests.connections.referrals import Scene, make_scene


@pytest.fixture
def scene() -> Scene:
    """A client who is connected with the professional who refers, and one who is referred to."""
    return make_scene()
