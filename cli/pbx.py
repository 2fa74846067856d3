"""`dialplane pbx`: look at the PBX nodes of a site, and try one call."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "ping": Lazy("cli.pbx_look:ping", "Log in to each PBX node and measure a round trip."),
    "calls": Lazy("cli.pbx_look:calls", "List the calls of ours that a PBX node holds now."),
    "events": Lazy("cli.pbx_look:events", "Print what a PBX node tells, as it happens."),
    "config": Lazy("cli.pbx_config", "Write the files that an Asterisk needs to be dialled over."),
    "installer": Lazy(
        "cli.pbx_installer", "Write the user that 'dialplane dialplan install' needs."
    ),
    "files": Lazy(
        "cli.pbx_files:files",
        "Write trunks, agents' phones and the control connection as a PBX's own files.",
    ),
    "schema": Lazy("cli.pbx_files:schema", "Print the JSON Schema of PBX files."),
    "cdrs": Lazy("cli.pbx_cdrs", "Post the records of calls that Dialplane has placed to a site."),
    "originate": Lazy("cli.pbx_call", "Place one test call, and tell what becomes of it."),
}

app = lazy_app(
    COMMANDS,
    help="PBX nodes: ping them, see their calls and events, place a test call.",
    epilog=examples("dialplane pbx ping", "dialplane pbx events main --seconds 30"),
)
