import socket
import time

import pytest

from lab.wait import until
from storms.asterisk import steepest
from storms.tap import Tap


@pytest.mark.parametrize(
    ("times", "most"),
    [
        ([], 0),
        ([5.0], 1),
        ([0.0, 0.5, 0.97, 1.5], 3),
        ([0.01, 0.01, 1.0, 1.0], 2),  # a second apart, the first two seen 10 ms late
        ([3.0, 0.0, 3.1, 3.2], 3),
    ],
)
def test_the_steepest_second_is_found_wherever_it_begins(times: list[float], most: int) -> None:
    assert steepest(times) == most


def test_a_tap_hears_each_call_to_a_customer_and_passes_everything_on() -> None:
    said = b"Action: Originate\r\nChannel: PJSIP/+12015550100@carrier\r\n\r\n"
    said += b"Action: Originate\r\nChannel: PJSIP/1001\r\n\r\n"
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        with Tap(host, port) as tap:
            there, at = tap.address.split(":")
            with socket.create_connection((there, int(at))) as line:
                line.sendall(said)
                heard, _ = server.accept()
                with heard:
                    assert heard.recv(len(said), socket.MSG_WAITALL) == said
                assert until(lambda: len(tap.sent) == 1, 5)
    assert abs(tap.sent[0] - time.time()) < 5
