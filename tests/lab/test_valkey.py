"""The Redis server that tests get."""

import pytest
import redis

from lab.errors import LabError
from lab.valkey import start


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_has_an_empty_database(redis_url: str, round_: int) -> None:
    with redis.from_url(redis_url) as client:
        assert client.keys() == []
        client.set("left behind", round_)


def test_a_program_that_is_no_server_is_told() -> None:
    with pytest.raises(LabError, match="'/bin/false' did not start: it logged nothing"):
        start("/bin/false")
