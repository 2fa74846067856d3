"""A real MariaDB with a folder and an address of its own, for CRMs that keep their data in one.

It is always fetched: which MySQL a machine has would otherwise decide what is tested. Like
PostgreSQL it does not run as root.
"""

import os
import secrets
from pathlib import Path

import pymysql

from lab.account import Account
from lab.parts import MARIADB, default_prefix, installed
from lab.server import Server
from lab.shell import run

USER = "dialplane"
SHARED_CACHE = Path("/var/cache/dialplane/mariadb")
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


class MariaDB(Server):
    """A server with databases, one for each test."""

    NAME = "MariaDB"

    def __init__(self) -> None:
        account = Account.unprivileged()
        self._root = _fetched(account)
        super().__init__(account)

    def url(self, database: str) -> str:
        """For SQLAlchemy; make the database with `fresh`."""
        return f"mysql+pymysql://{USER}:{self._secret}@{self.address}:{self.port}/{database}"

    def fresh(self) -> str:
        """The URL of a new, empty database of a name not used before."""
        name = f"t_{secrets.token_hex(6)}"
        with self._connect() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def _command(self) -> list[str | Path]:
        settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
        here = [f"--bind-address={self.address}", f"--port={self.port}"]
        files = [f"--socket={self.run_dir}/socket", f"--pid-file={self.run_dir}/pid"]
        return [*self._words(), *here, *settings, *files]

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

    def _make(self) -> None:
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
        self._own(self.run_dir, data, script)
        words = " ".join(f"'{word}'" for word in [*self._words(), "--bootstrap", "--silent"])
        command = f"exec {words} < '{script}'"
        run(["sh", "-c", command], cwd=self.run_dir, account=self._account)
        script.unlink()

    def _ready(self) -> bool:
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
