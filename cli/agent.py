"""`dialplane agent`: who takes the calls."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "add": Lazy("cli.agent_book:add", "Add an agent, or change one."),
    "list": Lazy("cli.agent_book:list", "List the agents, and what each is doing."),
    "login": Lazy("cli.agent_shift:login", "Log an agent in; the phone rings."),
    "ready": Lazy("cli.agent_orders:ready", "Take calls; in wrap-up, first file the last one."),
    "pause": Lazy("cli.agent_orders:pause", "Take no more calls after the present one."),
    "logout": Lazy("cli.agent_shift:logout", "Log an agent out after the present call."),
    "hangup": Lazy("cli.agent_orders:hangup", "Hang up on the customer."),
    "accept": Lazy("cli.agent_orders:accept", "Preview: dial the lead that is shown."),
    "monitor": Lazy(
        "cli.agent_orders:monitor", "Put a supervisor's phone on the line: listen, whisper, barge."
    ),
    "skip": Lazy("cli.agent_orders:skip", "Preview: pass the lead that is shown on."),
}

app = lazy_app(
    COMMANDS,
    help="Agents: add them, log them in, make them ready.",
    epilog=examples(
        "dialplane agent add ann --phone ann --team sales",
        "dialplane agent login ann --campaign spring",
        "dialplane agent login ann",
    ),
)
