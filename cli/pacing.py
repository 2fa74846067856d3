"""`dialplane pacing`: why so many calls were placed, and what another setting would bring."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "explain": Lazy(
        "cli.pacing_explain",
        "Explain a pacing decision: the last that was made by a time, or the latest.",
    ),
    "replay": Lazy("cli.pacing_replay", "Replay a day's traffic under a changed setting."),
}

app = lazy_app(
    COMMANDS,
    help="Why so many calls were placed, and what another setting would bring.",
    epilog=examples(
        "dialplane pacing explain spring --at 14:30",
        "dialplane pacing replay spring --with changed.yaml",
    ),
)
