"""A snapshot of a running campaign as a picture for terminals; the demo shows the same one."""

from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from cli.output import table
from cli.text import plain

COLOURS = {
    "ready": "green",
    "reserved": "cyan",
    "talking": "bold blue",
    "wrap_up": "yellow",
    "paused": "magenta",
    "offline": "dim",
}
ROSTER = 16  # agents shown; the counts are of all


def view(shot: dict[str, Any]) -> RenderableType:
    """The picture: figures on top, lines and agents below, the pacing's reason at the end."""
    head = Text.assemble(
        (plain(str(shot["campaign"])), "bold"),
        f"  {shot['mode']}  ",
        (str(shot["state"]), "bold green"),
    )
    parts = [_figures(shot), _lines(shot), _agents(shot), *_forecast(shot)]
    reason = Text(plain(str(shot["pacing"]["why"] or shot["lines_full"] or "")), style="dim")
    figures = Columns(parts, padding=(0, 2))
    return Panel(Group(figures, _roster(shot), *_voice(shot), reason), title=head)


def _figures(shot: dict[str, Any]) -> Table:
    rows = [(name, shot[name]) for name in ("dialled", "connected", "abandoned", "late", "hopper")]
    if shot.get("heard"):
        rows.insert(1, ("heard", shot["heard"]))
    if shot.get("machines"):
        rows.insert(4, ("machines", shot["machines"]))
    waiting = [(f"want {skills}", n) for skills, n in shot.get("wanting_skills", {}).items()]
    return table(("figure", "#now"), [*rows, *waiting, *_abandonment(shot), *_inbound(shot)])


def _inbound(shot: dict[str, Any]) -> list[tuple[str, str]]:
    """Who has called in, where a line is served."""
    found = shot.get("inbound")
    if not found:
        return []
    waiting = f"{found['waiting']} ({found['longest_wait']:.0f} s)"
    in_vain = found["given_up"] + found["waited_out"] + found["lost"]
    served = found["answered"] + found.get("heard", 0)
    came = f"{served} served, {in_vain} in vain"
    now = [("inbound in flow", str(found["in_flow"]))] if found.get("in_flow") else []
    return [("inbound waiting", waiting), *now, ("inbound today", came)]


def _abandonment(shot: dict[str, Any]) -> list[tuple[str, str]]:
    """The day's, and beside the limit that of the period it is kept over."""
    limit, today = f"{shot['limit']:.0%}", f"{shot['abandonment']:.2%}"
    period = _blocks(shot)
    if period is None:
        return [("abandonment", f"{today} of {limit}")]
    since = f"since {period['from']}"
    return [("abandonment", today), (since, f"{period['abandonment']:.2%} of {limit}")]


def _blocks(shot: dict[str, Any]) -> dict[str, Any] | None:
    """The period's figures, where that is not the day alone."""
    period: dict[str, Any] = shot.get("period", {})
    return period if period.get("from") != period.get("to") else None


def _lines(shot: dict[str, Any]) -> Table:
    calls = list(shot["calls"].items())
    trunks = [(f"trunk {name}", used) for name, used in shot["trunks"].items()]
    nodes = ", ".join(shot["nodes_up"]) or "none"
    return table(("calls", "#now"), [*calls, *trunks, ("PBX up", nodes)])


def _agents(shot: dict[str, Any]) -> Table:
    return table(("agents", "#now"), [(s, n) for s, n in shot["agents"].items() if n])


def _forecast(shot: dict[str, Any]) -> list[Table]:
    """What pacing expected in the last minutes, and what came; of a mode that expects nothing,
    nothing."""
    found = shot.get("forecast")
    if not found:
        return []
    rows = [
        ("answers", f"{found['answers_predicted']:.0f}", found["answers"]),
        ("agents free", f"{found['freed_predicted']:.0f}", found["freed"]),
        ("abandoned", f"up to {found['risk']:.1%}", f"{found['abandonment']:.1%}"),
    ]
    return [table(("last 10 min", "#predicted", "#came"), rows)]


def _voice(shot: dict[str, Any]) -> list[Text]:
    """Why a flow's texts are heard without their variables, if they are."""
    why = plain(str(shot.get("voice", "")))
    return [Text(f"texts are heard without their variables: {why}", style="yellow")] if why else []


def _roster(shot: dict[str, Any]) -> Columns:
    cells = [
        Text.assemble(
            (f"{plain(a['agent'])} ", "bold"),
            (f"{a['state']} {a['seconds']:.0f} s", COLOURS.get(a["state"], "")),
            plain(f" {a['lead']}" if a.get("lead") else ""),
            plain(f" {a['leaving']}" if a.get("leaving") else ""),
        )
        for a in shot["roster"][:ROSTER]
    ]
    return Columns(cells, padding=(0, 2), equal=True)


def in_a_line(shot: dict[str, Any]) -> str:
    """The figures for where no picture can be drawn: one line, the pacing's reason at its end."""
    agents = ", ".join(f"{n} {state}" for state, n in shot["agents"].items() if n) or "none"
    skills = ", ".join(f"{n} want {s}" for s, n in shot.get("wanting_skills", {}).items())
    period = _blocks(shot)
    parts = (
        f"{shot['state']}: {sum(shot['calls'].values())} calls in progress",
        f"{shot['dialled']} dialled, {shot['connected']} connected",
        f"{shot['abandoned']} abandoned, {shot['late']} late ({shot['abandonment']:.2%})",
        f"{period['abandonment']:.2%} since {period['from']}" if period else "",
        "; ".join(f"{name}: {figure}" for name, figure in _inbound(shot)),
        f"agents: {agents}",
        f"leads that wait for skills: {skills}" if skills else "",
        str(shot["pacing"]["why"] or shot["lines_full"] or ""),
    )
    return plain("; ".join(part for part in parts if part))
