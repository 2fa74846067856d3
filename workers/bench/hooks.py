"""How long a PBX waits for the answer to a post.

`dialplane serve` in a process of its own, on PostgreSQL with fsync on, is posted signed records
over one connection, each after the answer to the one before: what a post takes is one second
divided by the figure. Beside it stands what cannot be saved: as many rows, each with a commit.
"""

import base64
import secrets
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import httpx
from sqlalchemy import text

from connectors.detail import CallDetail
from lab.child import Child
from lab.loopback import free_port
from lab.wait import until
from storage.engine import Store
from storage.migrate import create_or_upgrade
from workers.bench.rounds import BenchFailed, medians
from workers.bench.rows import Row
from workers.bench.site import opened, postgresql
from workers.cdr_posts import Poster

MANY = 300  # posts in each round
REACH = 0.1
PATIENCE = 30.0  # seconds, until it listens
SETTINGS = '[pbx]\nmain = "fake://demo"\n[hooks]\nsecrets = ["{}"]\n'
ROW = text("INSERT INTO bench_commits (body) VALUES (:body)")


def bench_hooks(many: int = MANY) -> list[Row]:
    """Posts a second, one after the other, against commits a second."""
    with postgresql() as server, opened(url := server.fresh()) as store:
        create_or_upgrade(store)
        with _served(url) as poster:
            found = medians({"posts": _posts(poster, many), "commits": _commits(store, many)})
    note = f"{1000 / found['posts']:.1f} ms each"
    row = Row("hooks", found["posts"], "posts/s", found["commits"], "a commit each", REACH, note)
    return [row]


def _posts(poster: Poster, many: int) -> Callable[[], float]:
    def run() -> float:
        now = datetime.now(UTC)
        details = [CallDetail(uuid4(), now, cause="17", sip="486") for _ in range(many)]
        started = time.perf_counter()
        for detail in details:
            poster.post(detail)
        return many / (time.perf_counter() - started)

    return run


def _commits(store: Store, many: int) -> Callable[[], float]:
    with store.writing() as connection:
        connection.execute(text("CREATE TABLE bench_commits (body text)"))

    def run() -> float:
        started = time.perf_counter()
        for _ in range(many):
            with store.writing() as connection:
                connection.execute(ROW, {"body": "x" * 300})
        return many / (time.perf_counter() - started)

    return run


@contextmanager
def _served(database: str) -> Iterator[Poster]:
    """A site that takes posts, and a connection to it. Raises `BenchFailed`."""
    secret = f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder:
        home = Path(folder)
        (home / "dialplane.toml").write_text(SETTINGS.format(secret))
        program = Path(sys.executable).with_name("dialplane")
        environ = {"DIALPLANE_HOME": folder, "DIALPLANE_DATABASE_URL": database}
        log = home / "serve.log"
        words = (program, "serve", "--port", str(port))
        serving = Child(words, log=log, sweep=home, env=environ)
        try:
            if not until(lambda: _answers(port), PATIENCE):
                last = (log.read_text(errors="replace").splitlines() or ["it said nothing"])[-1]
                raise BenchFailed(f"'dialplane serve' did not begin to listen: {last}")
            with closing(Poster(f"http://127.0.0.1:{port}/pbx/main/hooks", secret)) as poster:
                yield poster
        finally:
            serving.stop()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/health").is_success
    except httpx.HTTPError:
        return False
