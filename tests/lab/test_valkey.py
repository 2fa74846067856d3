"""The Redis server that tests get."""

import pytest
import redis

from lab.errors import LabError
from lab.valkey import start
from workers.redis_binary import server_binary


@pytest.mark.parametrize("round_", [1, 2])
def test_each_test_has_an_empty_database(redis_url: str, round_: int) -> None:
    with redis.from_url(redis_url) as client:
        assert client.keys() == []
        client.set("left behind", round_)


def test_a_program_that_is_no_server_is_told() -> None:
    with pytest.raises(LabError, match="'/bin/false' did not start: it logged nothing"):
        start("/bin/false")


def test_one_that_keeps_has_it_after_a_kill_until_it_is_wiped() -> None:
    with start(server_binary(), keeps=True) as server:
        with redis.from_url(server.url) as client:
            client.set("kept", "yes")
            client.config_set("appendfsync", "always")
            client.set("kept", "so")
        server.kill()
        server.start()
        with redis.from_url(server.url) as client:
            assert client.get("kept") == b"so"
        server.kill()
        server.wipe()
        server.start()
        with redis.from_url(server.url) as client:
            assert client.get("kept") is None
