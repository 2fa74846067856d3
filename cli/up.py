"""`dialplane up`: everything a small site needs, in one process group."""

from cli.lazy import leaf_app
from cli.output import examples, say
from workers.main import run_site
from workers.settings_file import load_settings

app = leaf_app()


@app.command(epilog=examples("dialplane up", "dialplane --home /srv/dialplane up"))
def up() -> None:
    """Run everything a small site needs, until Ctrl-C.

    Brings the database up to date, finds or starts Redis, and runs the workers that dial and
    that deliver results. On Ctrl-C or SIGTERM no more calls are placed, those in progress may
    end, and everything is stored; a second Ctrl-C ends the waiting.
    """
    settings = load_settings()
    say(f"The site at {settings.home} is up; Ctrl-C ends it.")
    run_site(settings, say)
