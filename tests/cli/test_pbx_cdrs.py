"""`dialplane pbx cdrs`: an Asterisk's records come to a site over HTTP, each once."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import uvicorn
from pydantic import SecretStr

from connectors.linked.channels import CALL_ACCOUNT
from lab.loopback import free_port
from lab.wait import until
from storage import hooks
from storage.engine import Store
from tests.databases import set_up
from web.app import make_app
from workers.overview import Lookout
from workers.settings import HookSettings, Settings

SECRET, STRANGE = ("whsec_" + base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))


class Site(threading.Thread):
    """The real application on a port; `url` of its node `main`."""

    def __init__(self, home: Path) -> None:
        super().__init__(daemon=True)
        database = SecretStr(f"sqlite:///{home / 'site.db'}")
        taken = HookSettings(secrets=(SecretStr(SECRET),))
        settings = Settings(home=home, database_url=database, recordings=home, hooks=taken)
        self.store: Store = set_up(database.get_secret_value())
        self.lookout, port = Lookout(settings), free_port("127.0.0.1")
        app = make_app(settings, self.lookout)
        self.server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="error"))
        self.url = f"http://127.0.0.1:{port}/pbx/main/hooks"

    def run(self) -> None:
        self.server.run()

    def stop(self) -> None:
        self.server.should_exit = True
        self.join(10)
        self.lookout.close()
        self.store.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = Site(tmp_path)
    made.start()
    assert until(lambda: made.server.started, 10)
    yield made
    made.stop()


@pytest.fixture
def cdrs(run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("DIALPLANE_HOOK_SECRET", SECRET)
    return lambda url, *more: run("pbx", "cdrs", tmp_path / "Master.csv", "--to", url, *more)


def record(end: str = "BUSY", account: str = CALL_ACCOUNT) -> str:
    fields = [account, "", "hold", "dialplane-answered", "<4930>", "PJSIP/1", "", "Wait", "60",
              "2026-11-28 08:00:00", "", "2026-11-28 08:00:10", "10", "0", end, "DOC",
              str(uuid4()), ""]  # fmt: skip
    return ",".join(f'"{field}"' for field in fields)


def write(folder: Path, *lines: str) -> None:
    with (folder / "Master.csv").open("a") as file:
        file.write("".join(f"{line}\n" for line in lines))


def test_each_record_of_ours_is_kept_once(cdrs: Any, site: Site, tmp_path: Path) -> None:
    write(tmp_path, record(), record(account="theirs"), record("NO ANSWER"), "nonsense")
    ran = cdrs(site.url, "--json")
    assert (ran.code, ran.err) == (0, "")
    assert json.loads(ran.out) == {"posted": 2, "refused": 0, "others": 2}
    assert [hook.body["cause"] for hook in hooks.take(site.store)] == ["17", "19"]
    write(tmp_path, record("CONGESTION"))
    assert cdrs(site.url).out == "1 posted, 0 refused, 0 not ours\n"
    (tmp_path / "Master.csv.posted").unlink()
    assert json.loads(cdrs(site.url, "--json").out)["posted"] == 3  # again, and kept no more
    assert len(hooks.take(site.store)) <= 3


def test_what_a_site_did_not_take_is_left_for_the_next_time(
    cdrs: Any, site: Site, tmp_path: Path
) -> None:
    write(tmp_path, record())
    ran = cdrs(f"http://127.0.0.1:{free_port('127.0.0.1')}/pbx/main/hooks")
    assert ran.code == 4
    assert "does not answer (ConnectError); 0 were posted, and the rest is left" in ran.err
    assert cdrs(site.url).out.startswith("1 posted")


def test_a_record_that_no_site_takes_is_told_and_passed_over(
    cdrs: Any, site: Site, tmp_path: Path
) -> None:
    write(tmp_path, record())
    ran = cdrs(site.url.replace("/main/", "/nowhere/"))
    assert ran.code == 0
    assert ran.out == "0 posted, 1 refused, 0 not ours\n"
    assert "answers 404 for the record of" in ran.err


@pytest.mark.parametrize(
    ("secret", "told"),
    [
        ("", "DIALPLANE_HOOK_SECRET is not set"),
        ("whsec_x", "the secret is none"),
        (STRANGE, "does not know the secret"),
    ],
)
def test_without_the_right_secret_nothing_is_done(
    cdrs: Any, site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, secret: str, told: str
) -> None:
    write(tmp_path, record())
    monkeypatch.setenv("DIALPLANE_HOOK_SECRET", secret)
    ran = cdrs(site.url)
    assert (ran.code, ran.out) == (1, "")
    assert told in ran.err
    assert SECRET not in ran.err + ran.out
    assert STRANGE not in ran.err + ran.out
    monkeypatch.setenv("DIALPLANE_HOOK_SECRET", SECRET)
    assert cdrs(site.url).out.startswith("1 posted")


def test_a_file_that_is_not_there_is_told(cdrs: Any, site: Site, tmp_path: Path) -> None:
    ran = cdrs(site.url)
    assert ran.code == 1
    assert (
        ran.err == f"{tmp_path}/Master.csv: there is no such file; expected Asterisk's Master.csv\n"
    )
