from collections.abc import Iterator

import pytest

from integrations.sandbox.sikka import SikkaTwin
from tests.integrations.pms.desk import Desk, open_desk


@pytest.fixture
def desk(sikka: SikkaTwin, db: None) -> Iterator[Desk]:
    with open_desk(sikka) as made:
        yield made
