"""`dialplane dialplan`: what a PBX does with a call, made from our own files."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "render": Lazy(
        "cli.dialplan_render", "Write a flow as a dialplan, with the sounds of its prompts."
    ),
    "check": Lazy("cli.dialplan_check", "Have a real Asterisk read a flow's dialplan."),
}

app = lazy_app(
    COMMANDS,
    help="Dialplans: what a PBX does with a call, made from flows.",
    epilog=examples(
        "dialplane dialplan check survey.yaml --pbx asterisk",
        "dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk",
    ),
)
