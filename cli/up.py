"""`dialplane up`: everything a small site needs, in one process group."""

from cli.lazy import leaf_app
from cli.output import Json, examples, teller
from cli.site import existing_site, open_database
from workers.main import run_site

app = leaf_app()


@app.command(
    epilog=examples("dialplane up", "dialplane --home /srv/dialplane up", "dialplane up --json")
)
def up(as_json: Json = False) -> None:
    """Run everything a small site needs, until Ctrl-C.

    The site is one that `dialplane init` has set up. Brings its database up to date, finds or
    starts Redis, and runs the workers that dial and that deliver results. On Ctrl-C or SIGTERM
    no more calls are placed, those in progress may end, and everything is stored; a second
    Ctrl-C ends the waiting. With --json: what is told, one object a line.
    """
    settings = existing_site()
    open_database(settings).close()  # what is wrong with it is told before anything is started
    tell = teller(as_json)
    tell(f"Starting the site at {settings.home}; Ctrl-C ends it.")
    run_site(settings, tell)
