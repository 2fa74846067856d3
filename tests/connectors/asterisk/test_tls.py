"""A link under TLS, to a PBX on another machine."""

import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.calls import LinkBack, LinkLost
from connectors.pbx import PbxUnreachable, open_pbx
from tests.connectors.asterisk.ami_server import SECRET, AmiServer
from tests.contract.watch import Watch

CERTIFICATE = Path(__file__).with_name("loopback.pem")


@pytest.fixture
async def server() -> AsyncIterator[AmiServer]:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(CERTIFICATE)
    manager = await AmiServer().listen(context)
    yield manager
    await manager.close()


async def test_with_a_certificate_that_is_trusted(
    url: str, server: AmiServer, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    pbx = open_pbx("far", f"{url}&tls=yes")
    await pbx.open(watch)
    assert await pbx.ping() < 5
    server.freeze()
    await watch.one(LinkLost)
    server.thaw()
    await watch.one(LinkBack)
    await pbx.close()


async def test_a_port_without_tls_is_told_as_that(transport: str) -> None:
    plain = await AmiServer().listen()
    pbx = open_pbx("far", f"{transport}://dialplane:{SECRET}@127.0.0.1:{plain.port}?tls=yes")
    with pytest.raises(PbxUnreachable, match="is it the TLS port"):
        await pbx.open(print)
    await plain.close()


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_without_one_nothing_is_said(url: str, server: AmiServer, host: str) -> None:
    pbx = open_pbx("far", f"{url.replace('127.0.0.1', host)}&tls=yes")
    with pytest.raises(PbxUnreachable, match="certificate") as refused:
        await pbx.open(print)
    assert SECRET not in str(refused.value)
    assert not server.actions
