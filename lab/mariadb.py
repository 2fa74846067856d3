"""A real MariaDB with a folder and an address of its own, for CRMs that keep their data in one.

It is always fetched: which MySQL a machine has would otherwise decide what is tested. Like
PostgreSQL it does not run as root.
"""

import os
import secrets
import shutil
import tempfile
from pathlib import Path

import pymysql

from lab.account import Account
from lab.child import Child
from lab.closing import Closing
from lab.errors import LabError
from lab.loopback import free_port, own_address
from lab.parts import MARIADB, default_prefix, installed
from lab.shell import run
from lab.wait import until

USER = "dialplane"
SHARED_CACHE = Path("/var/cache/dialplane/mariadb")
START_SECONDS = 30.0
TABLES = (
    "mysql_system_tables.sql",
    "mysql_performance_tables.sql",
    "mysql_system_tables_data.sql",
    "maria_add_gis_sp_bootstrap.sql",
)
SETTINGS = {
    "innodb-buffer-pool-size": "16M",
    "innodb-log-file-size": "8M",
    "innodb-flush-log-at-trx-commit": "0",  # a test's database need not survive a power cut
    "performance-schema": "OFF",
    "character-set-server": "utf8mb4",
    "skip-name-resolve": "ON",
}


class MariaDB(Closing):
    """A server: started and stopped as often as is wanted, its folder removed by `close`."""

    def __init__(self) -> None:
        self._account = Account.unprivileged()
        self._root = _fetched(self._account)
        self.address = own_address()
        self.port = free_port(self.address)
        self.run_dir = Path(tempfile.mkdtemp(prefix="dialplane-mariadb-"))
        self._secret = secrets.token_hex(16)
        self._child: Child | None = None
        try:
            self._make_tables()
        except BaseException:
            self.close()
            raise

    def url(self, database: str) -> str:
        """For SQLAlchemy; make the database with `fresh`."""
        return f"mysql+pymysql://{USER}:{self._secret}@{self.address}:{self.port}/{database}"

    def fresh(self) -> str:
        """The URL of a new, empty database of a name not used before."""
        name = f"t_{secrets.token_hex(6)}"
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def start(self) -> None:
        """Start it and wait until it takes connections. Raises `LabError` when it does not."""
        words = [*self._words(), f"--bind-address={self.address}", f"--port={self.port}"]
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        self._child = Child(
            [
                *words,
                *settings,
                f"--socket={self.run_dir}/socket",
                f"--pid-file={self.run_dir}/pid",
            ],
            log=self._log,
            sweep=self.run_dir,
            account=self._account,
        )
        if not until(self._ready_or_gone, START_SECONDS) or not self._child.running:
            told = self._log.read_text().splitlines() or ["it logged nothing"]
            self.close()
            raise LabError(f"MariaDB did not start: {told[-1]}")

    def stop(self) -> None:
        """Stop it as an operator would."""
        if self._child:
            self._child.stop()

    def close(self) -> None:
        """Stop it and remove its folder. Safe to call twice."""
        self.stop()
        shutil.rmtree(self.run_dir, ignore_errors=True)

    @property
    def _log(self) -> Path:
        return self.run_dir / "output"

    def _words(self) -> list[str | Path]:
        share = self._root / "usr/share/mysql"
        return [
            self._root / "usr/sbin/mariadbd",
            "--no-defaults",
            f"--basedir={self._root}/usr",
            f"--lc-messages-dir={share}",
            f"--character-sets-dir={share}/charsets",
            f"--plugin-dir={self._root}/usr/lib/mysql/plugin",
            f"--datadir={self.run_dir}/data",
            f"--tmpdir={self.run_dir}",
        ]

    def _make_tables(self) -> None:
        data = self.run_dir / "data"
        data.mkdir()
        share = self._root / "usr/share/mysql"
        script = self.run_dir / "tables.sql"
        tables = "".join((share / name).read_text() for name in TABLES)
        user = (
            f"FLUSH PRIVILEGES;\nCREATE USER '{USER}'@'%' IDENTIFIED BY '{self._secret}';\n"
            f"GRANT ALL ON *.* TO '{USER}'@'%' WITH GRANT OPTION;\n"
        )
        script.write_text(
            "CREATE DATABASE mysql;\nUSE mysql;\nSET @auth_root_socket=NULL;\n"
            f"SET @skip_auth_anonymous=1;\n{tables}\n{user}"
        )
        for path in (self.run_dir, data, script):
            self._account.own(path)
        words = " ".join(f"'{word}'" for word in [*self._words(), "--bootstrap", "--silent"])
        command = f"exec {words} < '{script}'"
        run(["sh", "-c", command], cwd=self.run_dir, account=self._account)
        script.unlink()

    def _ready_or_gone(self) -> bool:
        if self._child is None or not self._child.running:
            return True
        try:
            self._connect().close()
        except pymysql.err.OperationalError:
            return False
        return True

    def _connect(self) -> "pymysql.Connection":
        return pymysql.connect(
            host=self.address, port=self.port, user=USER, password=self._secret, autocommit=True
        )


def start() -> MariaDB:
    """A running server."""
    server = MariaDB()
    server.start()
    return server


def _fetched(account: Account) -> Path:
    prefix = default_prefix(MARIADB)
    if not account.reaches(prefix / "root") and not os.environ.get("DIALPLANE_MARIADB_PREFIX"):
        prefix = SHARED_CACHE
    return installed(MARIADB, prefix)
