"""How parts of a dialplan change: all are looked at first, then one comes after the other."""

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from cli.dialplan_site import Site, address_of, as_data, changing, counted, folder_at, visiting
from cli.errors import StateError
from cli.output import emit, say
from dialplan_templates.generations import Folder
from workers.dialects import Dialect
from workers.installing import Deployment, Installed, NotInstalled

Change = Callable[[Deployment], Awaitable[Installed]]
Wanted: TypeAlias = tuple[Dialect, Callable[[Dialect, Folder], Change]]
"""A part, and who looks at its folder and says how it is to change. That is said of all parts
before any is changed."""


def change_parts(
    site: Site,
    node: str,
    into: Path | None,
    as_url: str | None,
    as_json: bool,
    todo: Sequence[Wanted],
) -> None:
    """Have the parts changed, and tell what came of it. Raises as `changing` does."""
    folders = [folder_at(site, into, dialect.part) for dialect, _ in todo]
    address = address_of(site, node, as_url)

    def do() -> list[Installed]:
        made = [wanted(at, folder) for (at, wanted), folder in zip(todo, folders, strict=True)]
        return visiting(site, node, address, lambda pbx: _one_by_one(pbx, made))

    done = {part: each for (part, _), each in zip(todo, changing(folders, do), strict=True)}
    flows, calls = done.get(site.dialect), done.get(site.calls) if site.calls else None
    if as_json:
        emit({**_as_data(flows), "calls": _as_data(calls) if calls else None})
        return
    for what, each in (("What calls pass through: ", calls), ("", flows)):
        if each is not None:
            generation = f"generation {each.number}" if each.number else "as 'pbx config' wrote it"
            say(f"{what}{counted(each.changes)}; PBX '{node}' has read {each.lines} lines "
                f"({generation})")  # fmt: skip
            for path in each.gone:
                say(f"removed {path}, which nothing installed plays")


async def _one_by_one(pbx: Deployment, made: Sequence[Change]) -> list[Installed]:
    """Raises `StateError` too, which says what was changed before."""
    done: list[Installed] = []
    for change in made:
        try:
            done.append(await change(pbx))
        except (StateError, NotInstalled) as wrong:
            if not done:
                raise
            raise StateError(
                f"{wrong} What calls pass through was put in place before that (generation "
                f"{done[0].number}); 'dialplane dialplan rollback --calls' takes it back."
            ) from wrong
    return done


def _as_data(done: Installed | None) -> dict[str, Any]:
    if done is None:
        return {"generation": None, "lines": 0, "changes": [], "removed": []}
    return {
        "generation": done.number,
        "lines": done.lines,
        "changes": as_data(done.changes),
        "removed": [str(path) for path in done.gone],
    }
