"""`dialplane dialplan`: what a PBX does with a call, made from our own files."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "render": Lazy("cli.dialplan_render", "Write a flow as a dialplan."),
}

app = lazy_app(
    COMMANDS,
    help="Dialplans: what a PBX does with a call, made from flows.",
    epilog=examples("dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk"),
)


@app.callback()
def _group() -> None:  # without it Typer takes a group of one command for that command
    pass
