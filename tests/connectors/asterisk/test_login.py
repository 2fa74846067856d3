"""Logging in: what is refused, in which words, and that the secret stays a secret."""

import asyncio
import logging

import pytest

from connectors.asterisk import login
from connectors.calls import LinkBack, LinkLost
from connectors.pbx import Pbx, PbxError, PbxRefused, PbxUnreachable, open_pbx
from tests.connectors.asterisk.ami_server import SECRET, AmiServer
from tests.contract.watch import Watch

THE_SERVERS = ("AmiServer", "_accept_connection")  # words in its tasks


async def refusal(url: str, kind: type[PbxError]) -> str:
    """Why the PBX cannot be opened, in one line; nothing of the attempt is left but what the server
    has yet to do, which lives in the same loop."""
    before = asyncio.all_tasks()
    pbx = open_pbx("north", url)
    with pytest.raises(kind) as refused:
        await pbx.open(print)
    left = map(repr, asyncio.all_tasks() - before)
    assert not [task for task in left if not any(word in task for word in THE_SERVERS)]
    text = str(refused.value)
    assert "\n" not in text
    assert "'north'" in text
    assert SECRET not in text
    return text


async def test_a_wrong_secret_is_refused_after_one_try(url: str, server: AmiServer) -> None:
    text = await refusal(url.replace(SECRET, "guess"), PbxRefused)
    assert "refuses the AMI user 'dialplane'" in text
    assert "guess" not in text
    assert server.logins == 1


async def test_what_the_pbx_says_of_it_can_harm_no_terminal(url: str, server: AmiServer) -> None:
    server.errors["Login"] = "no\x1b[2J\u202e way" + "x" * 500
    text = await refusal(url, PbxRefused)
    assert "no\\x1b[2J\\u202e way" in text
    assert text.isprintable()
    assert len(text) < 400


async def test_so_is_a_user_it_does_not_know(url: str) -> None:
    assert "'nobody'" in await refusal(url.replace("dialplane", "nobody"), PbxRefused)


async def test_the_secret_itself_never_crosses_the_wire(pbx: Pbx, server: AmiServer) -> None:
    await pbx.ping()
    assert not any(SECRET in value for action in server.actions for value in action.values())


async def test_nor_does_it_reach_a_log_or_a_repr(
    url: str, server: AmiServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pbx = open_pbx("north", url)
    await pbx.open(watch)
    server.cut()
    await watch.one(LinkBack)
    await pbx.close()
    assert watch.of(LinkLost)
    for text in (caplog.text, repr(pbx), repr(vars(pbx)), *map(repr, watch.events)):
        assert SECRET not in text


async def test_where_nothing_listens_the_pbx_is_unreachable(url: str, server: AmiServer) -> None:
    await server.close()
    assert "nothing answers" in await refusal(url, PbxUnreachable)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\r\n"])
async def test_what_is_no_manager_is_told_as_that(
    url: str, server: AmiServer, greeting: bytes
) -> None:
    server.greeting = greeting
    assert "no Asterisk manager" in await refusal(url, PbxUnreachable)


async def test_whoever_says_nothing_is_not_waited_for(
    url: str, server: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "CONNECT_SECONDS", 0.2)
    server.greeting = b"Asterisk Call Man"
    assert "no answer within 0.2 s" in await refusal(url, PbxUnreachable)


async def test_a_user_without_the_rights_is_told_which(url: str, server: AmiServer) -> None:
    server.errors["CoreSettings"] = "Permission denied"
    assert "write = call,originate,reporting" in await refusal(url, PbxRefused)


async def test_a_pbx_that_is_slow_to_boot_is_unreachable_and_told_of_in_both_ways(
    url: str, server: AmiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "BOOT_SECONDS", 0.2)
    server.boots = False
    text = await refusal(url, PbxUnreachable)
    assert "may still be loading" in text
    assert "read = system,call,user,dtmf" in text


async def test_and_soon_tried_again(
    pbx: Pbx, server: AmiServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "BOOT_SECONDS", 0.2)
    server.boots = False
    server.cut()
    await server.until(lambda: server.logins == 3)
    server.boots = True
    await watch.one(LinkBack)


async def test_a_pbx_without_our_dialplan_is_told_what_to_include(
    url: str, server: AmiServer
) -> None:
    server.errors["ShowDialPlan"] = "Did not find context dialplane-answered"
    assert "extensions.d/dialplane.conf" in await refusal(url, PbxRefused)


async def test_a_module_that_is_missing_is_warned_of(
    url: str, server: AmiServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    server.commands.remove("StopMixMonitor")
    pbx = open_pbx("north", url)
    await pbx.open(watch)
    assert "has not loaded app_mixmonitor: without it nothing is recorded" in caplog.text
    assert "app_confbridge" not in caplog.text
    await pbx.close()


@pytest.mark.parametrize("action", ["Login", "CoreSettings", "ShowDialPlan"])
async def test_a_pbx_on_its_way_down_is_unreachable_and_soon_tried_again(
    url: str, server: AmiServer, action: str
) -> None:
    server.errors[action] = "Asterisk is shutting down"
    assert "shutting down" in await refusal(url, PbxUnreachable)


async def test_a_pbx_that_boots_is_waited_for(url: str, server: AmiServer, watch: Watch) -> None:
    server.boots = False
    pbx = open_pbx("north", url)
    opening = asyncio.create_task(pbx.open(watch))
    await server.until(lambda: server.logins)
    assert not server.named("CoreSettings")
    server.event("FullyBooted", Status="Fully Booted")
    await asyncio.wait_for(opening, 5)
    await pbx.close()


async def test_opening_twice_is_told_in_a_sentence(pbx: Pbx, watch: Watch) -> None:
    with pytest.raises(PbxError, match="is open already"):
        await pbx.open(watch)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("18.20.0", "update it to 18.24.2"),
        ("19.8.1", "update it to 20.9.2"),
        ("20.6.0~dfsg+~cs6", "update it to 20.9.2"),
        ("21.4.1", "update it to 21.4.2"),
        ("16.28.0", "older than 18"),
        ("certified/18.9-cert4", "cannot be read"),
        ("GIT-master-1a2b", "cannot be read"),
    ],
)
async def test_a_version_to_beware_of_is_warned_of(
    url: str, server: AmiServer, version: str, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.version = version
    pbx = open_pbx("north", url)
    await pbx.open(print)
    await pbx.close()
    assert words in caplog.text


@pytest.mark.parametrize("version", ["18.24.2", "20.9.2", "21.4.2", "22.0.0", "22.10.1", "23.1.0"])
async def test_a_sound_version_is_not(
    url: str, server: AmiServer, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    server.version = version
    pbx = open_pbx("north", url)
    await pbx.open(print)
    await pbx.close()
    assert not caplog.records
