"""A real Tryton with its parties, on SQLite: a CRM that is there on every machine that has pip.

Its database takes some seconds to make, so an empty one is kept beside the other parts, for each
version of Tryton.
"""

import base64
import os
import secrets
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import httpx

from lab.errors import LabError
from lab.parts import locked
from lab.server import Server
from lab.shell import run

DATABASE, USER = "crm", "admin"
CONFIGURATION = """
[database]
uri = sqlite://
path = {folder}
[web]
listen = {address}:{port}
"""
# Its administrator may do everything with users, and nothing yet with parties.
GRANT = f"""
import sys
from trytond.config import config
config.update_etc(sys.argv[1])
from trytond.pool import Pool
from trytond.transaction import Transaction
Pool.start()
Pool({DATABASE!r}).init()
with Transaction().start({DATABASE!r}, 0) as transaction:
    User, Group = Pool().get("res.user"), Pool().get("res.group")
    [user] = User.search([("login", "=", {USER!r})])
    User.write([user], {{"groups": [("add", [group.id for group in Group.search([])])]}})
    transaction.commit()
"""


class Tryton(Server):
    """A server, as whose user `call` does what people do."""

    NAME = "Tryton"
    START_SECONDS = 60.0

    def __init__(self) -> None:
        self.password = secrets.token_urlsafe(24)
        self._session: str | None = None
        super().__init__()

    @property
    def url(self) -> str:
        return f"http://{self.address}:{self.port}"

    def call(self, method: str, *params: Any) -> Any:
        """What a method of a model returns, as its users would have it. Raises `LabError`."""
        if self._session is None:
            user, token, _ = self._rpc("common.db.login", [USER, {"password": self.password}])
            shown = base64.b64encode(f"{USER}:{user}:{token}".encode()).decode()
            self._session = f"Session {shown}"
        return self._rpc(f"model.{method}", [*params, {}])

    def _rpc(self, method: str, params: list[Any]) -> Any:
        asked = {"id": 1, "method": method, "params": params}
        headers = {"accept-encoding": "identity"}
        if self._session:
            headers["authorization"] = self._session
        url = f"{self.url}/{DATABASE}/rpc/"
        answer = httpx.post(url, json=asked, headers=headers, timeout=30, trust_env=False)
        if answer.status_code != 200 or "error" in answer.json():
            raise LabError(f"Tryton said no to {method}: {answer.status_code} {answer.text[:300]}")
        return answer.json()["result"]

    @property
    def _configuration(self) -> Path:
        return self.run_dir / "trytond.conf"

    def _make(self) -> None:
        shutil.copy(_empty(), self.run_dir / f"{DATABASE}.sqlite")
        given = {"folder": self.run_dir, "address": self.address, "port": self.port}
        self._configuration.write_text(CONFIGURATION.format(**given))
        _admin(self.run_dir, self._configuration, ["--password"], self.password)

    def _command(self) -> list[str | Path]:
        return [_program("trytond"), "-c", self._configuration, "-d", DATABASE]

    def _ready(self) -> bool:
        try:
            asked = {"id": 1, "method": "common.server.version", "params": []}
            url = f"{self.url}/rpc/"
            return httpx.post(url, json=asked, timeout=5, trust_env=False).status_code == 200
        except httpx.HTTPError:
            return False


def start() -> Tryton:
    """A running server, whose user may do everything with parties."""
    server = Tryton()
    server.start()
    return server


def _empty() -> Path:
    """A database without any party."""
    folder = Path(os.environ.get("DIALPLANE_TRYTON_PREFIX") or _prefix())
    folder.mkdir(parents=True, exist_ok=True)
    made = folder / f"empty-{version('trytond')}-{version('trytond_party')}.sqlite"
    with locked(folder / ".lock"):
        if not made.exists():
            _make(made)
    return made


def _prefix() -> Path:
    checkout = Path(__file__).resolve().parent.parent
    if (checkout / "pyproject.toml").exists():
        return checkout / ".tryton"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "dialplane/tryton"


def _make(made: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="dialplane-tryton-") as work:
        folder = Path(work)
        (folder / f"{DATABASE}.sqlite").touch()
        configuration = folder / "trytond.conf"
        given = {"folder": folder, "address": "127.0.0.1", "port": 1}
        configuration.write_text(CONFIGURATION.format(**given))
        words = ["-u", "party", "--activate-dependencies", "--email", "admin@example.com"]
        _admin(folder, configuration, words, secrets.token_urlsafe(24))
        run([sys.executable, "-c", GRANT, configuration], cwd=folder)
        shutil.move(folder / f"{DATABASE}.sqlite", made.with_suffix(".new"))
        made.with_suffix(".new").rename(made)


def _admin(folder: Path, configuration: Path, words: list[str], password: str) -> None:
    secret = folder / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    program: list[str | Path] = [_program("trytond-admin"), "-c", configuration, "-d", DATABASE]
    run([*program, *words], cwd=folder, env={"TRYTONPASSFILE": str(secret)})
    secret.unlink()


def _program(name: str) -> Path:
    found = Path(sys.executable).with_name(name)
    if not found.exists():
        raise LabError(f"'{name}' is not in this environment; run: make dev")
    return found
