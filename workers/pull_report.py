"""What came of a pull, for people and for what stands in `crm status`."""

from dataclasses import dataclass, field

from storage.customers.sync import Came

TOLD = 20  # refused rows that are told of


@dataclass(slots=True)
class Report:
    """What came of a pull. `refused`: which rows, and why, the first of them; `left_out`: numbers
    that are none; `gone`: customers that the CRM has no more, or again; `ahead`: one that
    has changed in a time to come; `undeclared`: fields of the map that the CRM file has not."""

    rows: int = 0
    came: dict[str, int] = field(default_factory=lambda: dict.fromkeys(Came, 0))
    left_out: int = 0
    gone: int = 0
    ahead: str = ""
    undeclared: set[str] = field(default_factory=set)
    refused: list[tuple[str, str]] = field(default_factory=list)

    def refuse(self, external_id: str, why: str) -> None:
        self.came[Came.REFUSED] += 1
        if len(self.refused) < TOLD:
            self.refused.append((external_id, why))

    @property
    def sentence(self) -> str:
        """What is wrong with it; empty: nothing."""
        if self.refused:
            external_id, why = self.refused[0]
            return f"{self.came[Came.REFUSED]} rows were refused; {external_id or 'one'}: {why}"
        undeclared = sorted(self.undeclared)[:1]
        return self.of_ahead or "".join(map(not_declared, undeclared))

    @property
    def of_ahead(self) -> str:
        """Of the row that has changed in a time to come; empty: none has."""
        return self.ahead and (
            f"{self.ahead} has changed more than a day ahead of our clock: it is read with "
            "every pull; mend its time there"
        )


def not_declared(name: str) -> str:
    """Of a field of a map that the CRM file has not, or not any more."""
    return (
        f"there is no field '{name}' in the CRM file: it is left out; declare it, or mend the map"
    )
