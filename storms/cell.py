"""One cell of the link cuts: which fault strikes where, what came of it, and what cells share."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import lab.postgres
from faults.toxics import Toxic
from storage.engine import Store, open_store
from storage.migrate import create_or_upgrade
from storms.points import Point
from workers.context import Context
from workers.settings_file import load_settings


@dataclass(frozen=True, slots=True)
class Cell:
    """One of the matrix; `number` tells its repetitions, and all else, apart."""

    toxic: str
    fault: Callable[[str], Toxic]
    point: Point
    protocol: str
    number: int

    @property
    def name(self) -> str:
        """Of its campaign."""
        return f"cell-{self.number}"

    def __str__(self) -> str:
        return f"{self.toxic} at '{self.point.name}' over {self.protocol}"


@dataclass(slots=True)
class Seen:
    """What came of a cell. `late`: the seconds until all was resolved, from when all was well."""

    doubles: int = 0
    ghosts: int = 0
    late: float = 0.0
    struck: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True)
class Bench:
    """What the cells share."""

    home: Path
    url: str
    store: Store

    def context(self, pbx: str) -> Context:
        said = {"DIALPLANE_DATABASE_URL": self.url, "DIALPLANE_PBX_MAIN": pbx}
        return Context(load_settings(self.home, said), self.store, "", "storm")


@contextmanager
def bench() -> Iterator[Bench]:
    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="dialplane-storm-"))
        url = stack.enter_context(lab.postgres.start()).fresh()
        store = open_store(url)
        stack.callback(store.close)
        create_or_upgrade(store)
        yield Bench(Path(home), url, store)
