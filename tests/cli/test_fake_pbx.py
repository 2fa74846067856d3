"""`dialplane fake-pbx`: served in a process of its own, dialled over by the product's commands."""

import signal
import socket
from typing import Any

import pytest

from connectors.calls import Arrived, Ended, EndReason
from connectors.pbx import open_pbx
from tests.cli.conftest import Serve, addresses
from tests.contract.watch import Watch


def test_both_are_served_until_ctrl_c(serve: Serve) -> None:
    process = serve("--ami", "0", "--esl", "0", "--json")
    found = addresses(process)
    assert set(found) == {"ami", "esl"}
    assert found["ami"]["user"] == "dialplane"
    assert found["ami"]["password"] == found["esl"]["password"]
    assert len(found["ami"]["password"]) >= 20
    for name, greeting in (("ami", b"Asterisk Call Manager/"), ("esl", b"Content-Type: auth/")):
        assert found[name]["host"] == "127.0.0.1"
        with socket.create_connection((found[name]["host"], found[name]["port"]), 5) as link:
            assert link.recv(100).startswith(greeting)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("protocol", ["ami", "esl"])
def test_a_test_call_goes_over_it(
    serve: Serve, run: Any, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    found = addresses(serve(f"--{protocol}", "0", "--world", "fake://lab", "--json"))
    assert set(found) == {protocol}
    assert run("init").code == 0
    monkeypatch.setenv("DIALPLANE_PBX_MAIN", found[protocol]["url"])
    caller = ("--trunk", "carrier", "--caller-id", "+12125550101")
    assert run("pbx", "originate", "+12125550100", *caller, "--hold", "0.05", "--json").code == 0
    busy = run("pbx", "originate", "+12125550103", *caller, "--json")
    assert (busy.code, '"busy"' in busy.out) == (3, True), busy
    assert run("pbx", "ping").code == 0


@pytest.mark.parametrize("protocol", ["ami", "esl"])
async def test_customers_call_in_where_the_world_says_so(serve: Serve, protocol: str) -> None:
    world = "fake://demo?inbound=5&inbound_line=support&inbound_patience=1"
    found = addresses(serve(f"--{protocol}", "0", "--world", world, "--json"))
    pbx, watch = open_pbx("main", found[protocol]["url"]), Watch()
    await pbx.open(watch)
    first, *_ = await watch.until(lambda: watch.of(Arrived))
    assert first.line == "support"
    assert first.caller.startswith("+493")
    assert (await watch.one(Ended, first.call_id)).reason is EndReason.HUNG_UP
    await pbx.close()


def test_a_password_that_was_given_is_not_shown(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIALPLANE_FAKE_PBX_PASSWORD", "chosen-by-hand")
    process = serve("--ami", "0", "--esl", "0")
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 0
    assert told[0].startswith("AMI  ami://dialplane:PASSWORD@127.0.0.1:")
    assert told[1].startswith("ESL  esl://:PASSWORD@127.0.0.1:")
    assert "chosen" not in "".join([*told, out, err])


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("--world", "fake://nowhere"), 1, "there is no world 'nowhere'"),
        (("--world", "fake://lab?speed=5"), 1, "leave out speed="),
        (("--password", "two words"), 1, "printable ASCII"),
        (("--user", "a\r\nb"), 1, "printable ASCII"),
        (("--ami", "99999"), 2, "65535"),
    ],
)
def test_what_cannot_be_served_is_told_in_a_sentence(
    run: Any, args: tuple[str, ...], code: int, said: str
) -> None:
    ran = run("fake-pbx", *args)
    assert ran.code == code
    assert said in ran.err


def test_an_address_that_is_taken_is_told(run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = run("fake-pbx", "--esl", str(taken.getsockname()[1]))
    assert (ran.code, "cannot listen on 127.0.0.1" in ran.err) == (3, True)
