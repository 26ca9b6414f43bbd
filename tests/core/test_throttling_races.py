import pytest

from careops.core.throttling import hit
from tests.core.threads import at_once


@pytest.mark.throttled
@pytest.mark.django_db(transaction=True)
def test_no_more_than_the_limit_pass_however_many_come_at_once() -> None:
    verdicts = at_once(*[lambda: hit("sign_in:x", rate="5/day").allowed] * 32)
    assert (len(verdicts), sum(verdicts)) == (32, 5)
