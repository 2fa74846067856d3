"""`dialplane flow`: what a call goes through without an agent, as a file."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "check": Lazy("cli.flow_files:check", "Check flow files."),
    "schema": Lazy("cli.flow_files:schema", "Print the JSON Schema of flow files."),
    "try": Lazy("cli.flow_try", "Walk through a flow without a phone."),
    "graph": Lazy("cli.flow_graph", "Draw a flow."),
}

app = lazy_app(
    COMMANDS,
    help="Flows: what a call goes through without an agent. Check, try and draw them.",
    epilog=examples(
        "dialplane flow check survey.yaml",
        "dialplane flow try survey.yaml --digits 1,4,1",
        "dialplane flow graph survey.yaml --out survey.svg",
    ),
)
