"""A real PostgreSQL with a folder and an address of its own.

The machine's server programs are used where there are any, else they are fetched. PostgreSQL
refuses to run as root: under root it runs as `nobody`.
"""

import os
import secrets
import shutil
import signal
from pathlib import Path

import psycopg
from psycopg import sql

from lab.account import Account
from lab.parts import POSTGRES, default_prefix, installed
from lab.server import Server
from lab.shell import run

USER = "dialplane"
SYSTEM_PROGRAMS = "usr/lib/postgresql/*/bin/initdb"
SHARED_CACHE = Path("/var/cache/dialplane/postgres")
SETTINGS = {
    "max_connections": "200",
    "unix_socket_directories": "",
    "dynamic_shared_memory_type": "mmap",  # so that a killed server leaves nothing in /dev/shm
    "jit": "off",
    "log_min_messages": "warning",
}
# A test's database need not survive a power cut; a benchmark's must.
FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Postgres(Server):
    """A server with databases, one for each test."""

    NAME = "PostgreSQL"
    ASK = signal.SIGINT  # open transactions are rolled back

    def __init__(self, *, durable: bool = False, memory_mb: int | None = None) -> None:
        account = Account.unprivileged()
        self._programs = find_programs(account)
        self._settings = SETTINGS if durable else SETTINGS | FAST
        if memory_mb:
            self._settings = self._settings | {"shared_buffers": f"{memory_mb}MB"}
        super().__init__(account)

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

    @property
    def _data(self) -> Path:
        return self.run_dir / "data"

    def _make(self) -> None:
        password = self.run_dir / "password"
        password.write_text(self._secret)
        self._own(self.run_dir, password)
        words = [f"--username={USER}", f"--pwfile={password}", "--auth=scram-sha-256"]
        words += ["--encoding=UTF8", "--locale=C", "--no-sync", "-D", str(self._data)]
        run([self._programs / "initdb", *words], cwd=self.run_dir, account=self._account)
        password.unlink()

    def _command(self) -> list[str | Path]:
        settings = {**self._settings, "listen_addresses": self.address, "port": str(self.port)}
        options = [word for key, value in settings.items() for word in ("-c", f"{key}={value}")]
        return [self._programs / "postgres", "-D", self._data, *options]

    def _ready(self) -> bool:
        """The server tells its state in the last line of its pid file."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:  # not there yet, or one of a killed server just gone
            return False
        return lines[:1] == [str(self.pid)] and lines[-1].strip() == "ready"

    def _execute(self, statement: str, *databases: str) -> None:
        plain = self.url("postgres").replace("+psycopg", "", 1)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, databases)))


def start(*, durable: bool = False, memory_mb: int | None = None) -> Postgres:
    """A running server. `durable` keeps fsync on, as in production; `memory_mb`: for its buffers,
    else PostgreSQL's own 128."""
    server = Postgres(durable=durable, memory_mb=memory_mb)
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
