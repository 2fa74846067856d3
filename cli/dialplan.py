"""`dialplane dialplan`: what a PBX does with a call, made from our own files."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "render": Lazy(
        "cli.dialplan_render",
        "Write a flow, or a campaign's, as a dialplan, with the sounds of its prompts.",
    ),
    "diff": Lazy("cli.dialplan_diff", "Show what 'install' would change, and change nothing."),
    "check": Lazy(
        "cli.dialplan_check",
        "Have a real Asterisk or FreeSWITCH read the dialplan of a flow, or of a campaign.",
    ),
    "install": Lazy(
        "cli.dialplan_install:install",
        "Put a flow, or a campaign's dialplan, in place on a PBX, and have the PBX read it.",
    ),
    "remove": Lazy("cli.dialplan_install:remove", "Take a flow away from a PBX."),
    "rollback": Lazy(
        "cli.dialplan_install:rollback",
        "Go back to what a PBX read before the last 'install' or 'remove'.",
    ),
}

app = lazy_app(
    COMMANDS,
    help="Dialplans: what a PBX does with a call, made from flows.",
    epilog=examples(
        "dialplane dialplan check survey.yaml --pbx asterisk",
        "dialplane dialplan render survey.yaml --pbx asterisk --out ./asterisk",
        "dialplane dialplan render survey.yaml --pbx freeswitch --out ./freeswitch",
        "dialplane dialplan diff survey.yaml --pbx asterisk",
        "dialplane dialplan install survey.yaml --pbx asterisk",
    ),
)
