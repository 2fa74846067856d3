"""`dialplane prompts`: what callers hear, made and looked for."""

from cli.lazy import Lazy, lazy_app
from cli.output import examples

COMMANDS = {
    "check": Lazy("cli.prompts_check", "Say which of a flow's prompts a PBX has no sound of."),
    "convert": Lazy("cli.prompts_convert", "Make a sound file one that PBXs play."),
    "clean": Lazy("cli.prompts_clean", "Remove what the voice has said and nobody wants any more."),
}

app = lazy_app(
    COMMANDS,
    help="Prompts: the sounds of flows.",
    epilog=examples(
        "dialplane prompts check survey.yaml --sounds /var/lib/asterisk/sounds",
        "dialplane prompts convert hello.mp3 --out hello.wav",
    ),
)
