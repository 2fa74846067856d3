"""`dialplane campaign`: from a file to a running campaign, and what became of it."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "validate": Lazy("cli.campaign_files:validate", "Check a campaign file."),
    "schema": Lazy("cli.campaign_files:schema", "Print the JSON Schema of campaign files."),
    "plan": Lazy("cli.campaign_plan", "Say what a campaign file would do now; dials nothing."),
    "apply": Lazy("cli.campaign_apply", "Store a campaign file as the campaign's new version."),
    "start": Lazy("cli.campaign_orders:start", "Let a campaign dial."),
    "pause": Lazy("cli.campaign_orders:pause", "Place no more calls; those in progress go on."),
    "resume": Lazy("cli.campaign_orders:resume", "Go on dialling after a pause."),
    "stop": Lazy("cli.campaign_orders:stop", "End a campaign; calls in progress go on."),
    "list": Lazy("cli.campaign_state:list", "List the campaigns, and what each is doing."),
    "status": Lazy("cli.campaign_state:status", "Show one campaign: its state, leads and agents."),
    "watch": Lazy("cli.campaign_watch", "Watch a running campaign, four times a second."),
    "script": Lazy(
        "cli.campaign_script", "Print the scripts of a campaign, or one of them, as last applied."
    ),
    "report": Lazy("cli.campaign_report", "Report what a campaign's attempts came to."),
    "answers": Lazy("cli.campaign_answers", "Show the answers to a campaign's flow, by question."),
}

app = lazy_app(
    COMMANDS,
    help="Campaigns: check, apply, run and watch them.",
    epilog=examples(
        "dialplane campaign validate spring.yaml",
        "dialplane campaign apply spring.yaml && dialplane campaign start spring",
        "dialplane campaign watch spring",
    ),
)
