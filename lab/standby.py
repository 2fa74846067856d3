"""A real PostgreSQL that follows another one by streaming: a read replica.

Made as PostgreSQL says for a base backup by hand: the files are copied while the other server
knows of it. So it takes no program besides `postgres`.
"""

import shutil
from pathlib import Path

import psycopg

from lab.postgres import USER, Postgres

_LEFT_OUT = ("postmaster.pid", "postmaster.opts", "pg_wal", "pg_replslot", "pg_stat_tmp")
_EMPTY = ("pg_wal", "pg_wal/archive_status", "pg_replslot", "pg_stat_tmp")


class Standby(Postgres):
    """A server that follows `primary`: started and stopped as any other; read-only."""

    def __init__(self, primary: Postgres) -> None:
        self._primary = primary
        super().__init__()

    def _make(self) -> None:
        """A copy of the other one's files, with where it is to be followed."""
        self._secret = self._primary._secret
        plain = self._primary.url("postgres").replace("+psycopg", "", 1)
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("SELECT pg_backup_start('standby', fast => true)")
            self._copy()
            told = connection.execute("SELECT labelfile FROM pg_backup_stop()").fetchone()
        (self._data / "backup_label").write_text(told[0] if told else "")
        (self._data / "standby.signal").touch()
        with (self._data / "postgresql.auto.conf").open("a") as file:
            file.write(f"primary_conninfo = '{self._conninfo()}'\n")
        self._own(self.run_dir, self._data, *self._data.rglob("*"))

    def _copy(self) -> None:
        def left_out(folder: str, names: list[str]) -> set[str]:
            return set(names) & set(_LEFT_OUT) if Path(folder) == self._primary._data else set()

        shutil.copytree(self._primary._data, self._data, ignore=left_out)
        for name in _EMPTY:
            (self._data / name).mkdir(mode=0o700)
        self._data.chmod(0o700)

    def _conninfo(self) -> str:
        primary = self._primary
        return (
            f"host={primary.address} port={primary.port} user={USER} password={primary._secret} "
            "application_name=standby"
        )
