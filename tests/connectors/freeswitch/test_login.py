"""Logging in: what is refused, in which words, and that the password stays a secret."""

import asyncio
import logging

import pytest

from connectors.calls import LinkBack, LinkLost
from connectors.freeswitch import login
from connectors.pbx import PbxError, PbxRefused, PbxUnreachable, open_pbx
from tests.connectors.freeswitch.esl_server import PASSWORD, EslServer, frame
from tests.contract.watch import Watch


async def refusal(url: str, kind: type[PbxError]) -> str:
    """Why the PBX cannot be opened, in one line; nothing of the attempt is left."""
    before = asyncio.all_tasks()
    pbx = open_pbx("north", url)
    with pytest.raises(kind) as refused:
        await pbx.open(print)
    assert not [task for task in asyncio.all_tasks() - before if "EslServer" not in repr(task)]
    text = str(refused.value)
    assert text.isprintable()
    assert "'north'" in text
    assert PASSWORD not in text
    return text


async def test_a_wrong_password_is_refused_after_one_try(url: str, server: EslServer) -> None:
    text = await refusal(url.replace(PASSWORD, "guess"), PbxRefused)
    assert "does not let us in" in text
    assert "guess" not in text
    assert server.logins == 1


async def test_so_is_whoever_the_acl_keeps_out(url: str, server: EslServer) -> None:
    body = b"Access Denied, go away.\n"
    server.greeting = frame("text/rude-rejection", body)
    text = await refusal(url, PbxRefused)
    assert "Access Denied" in text
    assert "acl" in text


async def test_what_the_pbx_says_of_it_can_harm_no_terminal(url: str, server: EslServer) -> None:
    server.greeting = frame("text/rude-rejection", b"no\x1b[2J\xff way" + b"x" * 500)
    text = await refusal(url, PbxRefused)
    assert "no\\x1b[2J" in text
    assert len(text) < 400


async def test_the_password_reaches_no_log_and_no_repr(
    url: str, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    pbx = open_pbx("north", url)
    await pbx.open(watch)
    server.cut()
    await watch.one(LinkBack)
    await pbx.close()
    assert watch.of(LinkLost)
    for text in (caplog.text, repr(pbx), repr(vars(pbx)), *map(repr, watch.events)):
        assert PASSWORD not in text


async def test_where_nothing_listens_the_pbx_is_unreachable(url: str, server: EslServer) -> None:
    await server.close()
    assert "nothing answers" in await refusal(url, PbxUnreachable)


@pytest.mark.parametrize("greeting", [b"SSH-2.0-OpenSSH_9.2\r\n", b"\x16\x03\x01\r\n"])
async def test_what_is_no_event_socket_is_told_as_that(
    url: str, server: EslServer, greeting: bytes
) -> None:
    server.greeting = greeting
    assert "no FreeSWITCH event socket" in await refusal(url, PbxUnreachable)


@pytest.mark.parametrize("greeting", [b"", b"Content-Type: auth/req"])
async def test_a_silent_server_is_given_up(
    url: str, server: EslServer, greeting: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "CONNECT_SECONDS", 0.2)
    server.greeting = greeting
    assert "no answer within 0.2 s" in await refusal(url, PbxUnreachable)


async def test_one_that_falls_silent_later_is_too(
    url: str, server: EslServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("connectors.freeswitch.session.ANSWER_SECONDS", 0.2)
    server.mute.add("event")
    server.mute.add("version")
    assert "went silent" in await refusal(url, PbxUnreachable)


@pytest.mark.parametrize(
    ("module", "lack"),
    [
        ("mod_sofia", "no phone can be reached"),
        ("mod_sndfile", "no message is played and nothing is recorded"),
        ("mod_dptools", "no call can be held"),
    ],
)
async def test_a_module_that_is_missing_is_named(
    url: str, server: EslServer, monkeypatch: pytest.MonkeyPatch, module: str, lack: str
) -> None:
    monkeypatch.setattr(login, "BOOT_SECONDS", 0.2)
    server.modules.remove(module)
    text = await refusal(url, PbxUnreachable)
    assert f"has not loaded {module} within 0.2 s, and without it {lack}" in text


async def test_one_that_may_be_done_without_is_warned_of(
    url: str, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    server.modules.remove("mod_tone_stream")
    pbx = open_pbx("north", url)
    await pbx.open(watch)
    assert "has not loaded mod_tone_stream: without it callers who wait are hung up" in caplog.text
    assert "mod_avmd" not in caplog.text
    await pbx.close()


async def test_all_that_is_needed_is_waited_for_together(
    url: str, server: EslServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "BOOT_SECONDS", 1.0)
    server.modules[:] = ["mod_dptools"]
    opening = asyncio.create_task(refusal(url, PbxUnreachable))
    await server.until(lambda: len(server.named("module_exists")) > 2)
    server.modules.append("mod_sndfile")
    async with asyncio.timeout(1.5):
        assert "mod_sofia" in await opening


async def test_so_is_a_sip_that_does_not_come_up(
    url: str, server: EslServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(login, "BOOT_SECONDS", 0.4)
    server.profiles = "0 profiles 0 aliases\n"
    assert "SIP profile" in await refusal(url, PbxUnreachable)


async def test_one_that_is_still_being_loaded_is_waited_for(
    url: str, server: EslServer, watch: Watch
) -> None:
    server.modules.remove("mod_sofia")
    pbx = open_pbx("north", url)
    opening = asyncio.create_task(pbx.open(watch))
    await server.until(lambda: len(server.named("module_exists")) > 2)
    server.modules.append("mod_sofia")
    await opening
    await pbx.close()


@pytest.mark.parametrize("command", ["event", "version"])
async def test_a_password_without_rights_is_told_as_that(
    url: str, server: EslServer, command: str
) -> None:
    server.errors[command] = "-ERR permission denied"
    assert "this password" in await refusal(url, PbxRefused)


async def test_an_old_version_is_warned_of(
    url: str, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    server.version = "FreeSWITCH Version 1.8.7 (64bit)"
    pbx = open_pbx("north", url)
    await pbx.open(watch)
    await pbx.close()
    assert "1.8.7 is older than 1.10" in caplog.text


async def test_a_wrong_password_is_not_tried_on_and_on(
    url: str, server: EslServer, watch: Watch, caplog: pytest.LogCaptureFixture
) -> None:
    pbx = open_pbx("north", url)
    await pbx.open(watch)
    server.password, logins = "changed meanwhile", server.logins
    server.cut()
    await server.until(lambda: server.logins > logins)
    with pytest.raises(TimeoutError):
        await server.until(lambda: server.logins > logins + 1, seconds=1.0)
    await pbx.close()
    assert "does not let us in" in caplog.text
