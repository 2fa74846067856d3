"""Customers imported a second: the command itself, on a file, against a transaction for each row.

The file is like what a CRM exports: two numbers, a company, a stage, an owner, tags and a field of
the site's own, in Chinese. The naive way begins with what the command has read and parsed already.
"""

import csv
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from campaigns.crm.file import load
from storage.customers.changes import By
from storage.customers.definitions import apply
from storage.customers.given import GivenCustomer
from storage.customers.sync import sync
from storage.engine import Store
from storage.migrate import create_or_upgrade
from workers.bench.crowd import CRM
from workers.bench.rounds import BenchFailed
from workers.bench.site import opened, postgresql

ROWS, SINGLE = 200_000, 200
STAGES = ("new", "potential", "high-intent")
HEADER = ("客户编号", "姓名", "公司", "手机", "电话", "阶段", "负责人", "标签", "预算")
_BY = By("bench", "bench")


@dataclass(frozen=True, slots=True)
class Imported:
    """Rows a second; `peak_mb`: of the largest of the command's processes."""

    rate: float
    naive_rate: float
    peak_mb: float


def imports(rows: int = ROWS, single: int = SINGLE) -> Imported:
    """On PostgreSQL with fsync on. Raises `BenchFailed`."""
    with (
        postgresql() as server,
        opened(url := server.fresh()) as store,
        tempfile.TemporaryDirectory(prefix="dialplane-bench-") as folder,
    ):
        create_or_upgrade(store)
        apply(store, load(CRM), datetime.now(UTC))
        naive = _naively(store, single)
        file = Path(folder) / "customers.csv"
        _write(file, rows)
        took, peak = _command(file, url)
    return Imported(rows / took, naive, peak)


def _naively(store: Store, count: int) -> float:
    started = time.perf_counter()
    for n in range(count):
        sync(store, "naive", [_given(n)], _BY, datetime.now(UTC))
    return count / (time.perf_counter() - started)


def _given(n: int) -> GivenCustomer:
    return GivenCustomer(
        f"N-{n}",
        name=f"王{n}",
        company="常州精密机械有限公司",
        numbers=(f"+86137{n:08}", f"+86519{85_000_000 + n}"),
        stage=STAGES[n % 3],
        owner=f"agent-{n % 200}",
        tags=(f"城市/{n % 50}", "制造业/设备采购"),
        fields={"budget": n % 100_000},
    )


def _write(file: Path, rows: int) -> None:
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(_row(n) for n in range(rows))


def _row(n: int) -> tuple[str, ...]:
    return (
        *(f"C-{n}", f"王{n}", f"常州精密机械{n // 10}有限公司"),
        *(f"138{n:08}", f"0519-{85_000_000 + n}"),
        *(STAGES[n % 3], f"agent-{n % 200}", f"城市/{n % 50}; 制造业/设备采购", str(n % 100_000)),
    )


def _command(file: Path, url: str) -> tuple[float, float]:
    """Seconds, and the largest process's memory in MB."""
    program = Path(sys.executable).with_name("dialplane")
    environ = {**os.environ, "DIALPLANE_HOME": str(file.parent), "DIALPLANE_DATABASE_URL": url}
    (file.parent / "dialplane.toml").write_text('[pbx]\nmain = "fake://demo"\n')
    words = [program, "customers", "import", file, "--region", "CN", "--source", "crm", "--json"]
    started = time.perf_counter()
    child = subprocess.Popen(  # noqa: S603 - written above
        [str(word) for word in words],
        env=environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    _, told = child.communicate()
    took = time.perf_counter() - started
    if child.returncode:
        last = (told.splitlines() or ["it said nothing"])[-1]
        raise BenchFailed(f"the import ended with {child.returncode}: {last}")
    return took, _peak()


def _peak() -> float:
    from resource import RUSAGE_CHILDREN, getrusage  # noqa: PLC0415 - not on every system

    return getrusage(RUSAGE_CHILDREN).ru_maxrss / 1024
