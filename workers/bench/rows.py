"""A bench's result: figures against a named baseline in the same run, never against a wish."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One line of `dialplane bench`.

    `ratio` is `figure / baseline`; where `reach` is given, the row holds when the ratio is at
    least that. A figure without a baseline (`baseline` 0) has a `reach` in its own unit.
    """

    bench: str
    figure: float
    unit: str
    baseline: float = 0.0
    baseline_name: str = ""
    reach: float | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        return self.figure / self.baseline if self.baseline else None

    @property
    def holds(self) -> bool | None:
        """None where nothing is promised."""
        if self.reach is None:
            return None
        return (self.figure if self.ratio is None else self.ratio) >= self.reach

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ratio": self.ratio, "holds": self.holds}
