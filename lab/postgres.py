"""A real PostgreSQL with a folder and an address of its own.

The machine's server programs are used where there are any, else they are fetched. PostgreSQL
refuses to run as root: under root it runs as `nobody`.
"""

import os
import secrets
import shutil
import signal
import tempfile
from pathlib import Path

import psycopg
from psycopg import sql

from lab.account import Account
from lab.child import Child
from lab.closing import Closing
from lab.errors import LabError
from lab.loopback import free_port, own_address
from lab.parts import POSTGRES, default_prefix, installed
from lab.shell import run
from lab.wait import until

USER = "dialplane"
SYSTEM_PROGRAMS = "usr/lib/postgresql/*/bin/initdb"
SHARED_CACHE = Path("/var/cache/dialplane/postgres")
START_SECONDS = 30.0
SETTINGS = {
    "max_connections": "200",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # so that a killed server leaves nothing in /dev/shm
    "jit": "off",
    "log_min_messages": "warning",
}
# A test's database need not survive a power cut; a benchmark's must.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Closing):
    """A server: started and stopped as often as is wanted, its folder removed by `close`."""

    def __init__(self, *, durable: bool = False) -> None:
        self._account = Account.unprivileged()
        self._programs = find_programs(self._account)
        self.address = own_address()
        self.port = free_port(self.address)
        self.run_dir = Path(tempfile.mkdtemp(prefix="dialplane-postgres-"))
        self._secret = secrets.token_hex(16)
        self._settings = SETTINGS if durable else SETTINGS | FAST
        self._child: Child | None = None
        try:
            self._make_cluster()
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """The process, while it runs. Raises `LabError` when it does not."""
        if self._child is None or not self._child.running:
            raise LabError("PostgreSQL is not running")
        return self._child.pid

    def url(self, database: str) -> str:
        """For SQLAlchemy; make the database with `create`."""
        return f"postgresql+psycopg://{USER}:{self._secret}@{self.address}:{self.port}/{database}"

    def create(self, database: str) -> str:
        """A new, empty database's URL."""
        self._execute("CREATE DATABASE {}", database)
        return self.url(database)

    def copy(self, database: str) -> str:
        """The URL of a new database with all that another one has, which nobody is connected to."""
        name = f"t_{secrets.token_hex(6)}"
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, database)
        return self.url(name)

    def drop(self, database: str) -> None:
        """Remove a database, whoever is still connected to it."""
        self._execute("DROP DATABASE {} WITH (FORCE)", database)

    def fresh(self) -> str:
        """The URL of a new, empty database of a name not used before."""
        return self.create(f"t_{secrets.token_hex(6)}")

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises `LabError` when it does not."""
        settings = {**self._settings, "listen_addresses": self.address, "port": str(self.port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        self._child = Child(
            [self._programs / "postgres", "-D", self._data, *options],
            log=self._log,
            sweep=self.run_dir,
            account=self._account,
        )
        if not until(self._ready_or_gone, START_SECONDS) or not self._child.running:
            told = self._log.read_text().splitlines() or ["it logged nothing"]
            self.close()
            raise LabError(f"PostgreSQL did not start: {told[-1]}")

    def stop(self) -> None:
        """Stop it as an operator would: open transactions are rolled back."""
        if self._child:
            self._child.stop(ask=signal.SIGINT)

    def kill(self) -> None:
        """End it as a power cut would."""
        if self._child:
            self._child.kill()

    def restart(self) -> None:
        self.stop()
        self.start()

    def close(self) -> None:
        """Stop it and remove its folder. Safe to call twice."""
        self.stop()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    @property
    def _data(self) -> Path:
        return self.run_dir / "data"

    @property
    def _log(self) -> Path:
        return self.run_dir / "output"

    def _make_cluster(self) -> None:
        password = self.run_dir / "password"
        password.write_text(self._secret)
        for path in (self.run_dir, password):
            self._account.own(path)
        words = [f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        words += ["--encoding=UTF8", "--locale=C", "--no-sync", "-D", str(self._data)]
        run([self._programs / "initdb", *words], cwd=self.run_dir, account=self._account)
        password.unlink()

    def _ready_or_gone(self) -> bool:
        """The server tells its state in the last line of its pid file."""
        if self._child is None or not self._child.running:
            return True
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:  # not there yet, or one of a killed server just gone
            return False
        return lines[:1] == [str(self._child.pid)] and lines[-1].strip() == "ready"

    def _execute(self, statement: str, *databases: str) -> None:
        plain = self.url("postgres").replace("+psycopg", "", 1)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))


def start(*, durable: bool = False) -> Postgres:
    """A running server. `durable` keeps fsync on, as in production."""
    server = Postgres(durable=durable)
    server.start()
    return server


def find_programs(account: Account) -> Path:
    """The folder of `initdb` and `postgres`: this machine's newest, else fetched."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    if packaged := sorted(Path("/").glob(SYSTEM_PROGRAMS)):
        return packaged[-1].parent
    return fetched_programs(account)


def fetched_programs(account: Account) -> Path:
    """The folder of the programs that the lab fetches by itself."""
    prefix = default_prefix(POSTGRES)
    if not account.reaches(prefix / "root") and not os.environ.get("DIALPLANE_POSTGRES_PREFIX"):
        prefix = SHARED_CACHE
    return sorted((installed(POSTGRES, prefix)).glob(SYSTEM_PROGRAMS))[-1].parent
