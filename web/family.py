"""What one metric is: its name, what it means, its labels, and where its figures are read from."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from workers.overview import Overview

Row = tuple[Any, ...]  # the labels' values, and the figure
Rows = Callable[[Overview], Iterable[Row]]


@dataclass(frozen=True, slots=True)
class Family:
    """One metric. `kind`: gauge or counter; a counter's name is exported with `_total`.

    Names and units after Prometheus' conventions. No label names a person.
    """

    name: str
    kind: str
    labels: tuple[str, ...]
    help: str
    rows: Rows

    @property
    def exported(self) -> str:
        return f"{self.name}_total" if self.kind == "counter" else self.name
