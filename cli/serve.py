"""`dialplane serve`: what a site tells over HTTP."""

from typing import Annotated

import typer

from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, examples, teller
from cli.site import existing_site
from web.serve import serve as serve_site
from workers.settings import WebSettings

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane serve", "dialplane serve --port 8080", "curl http://127.0.0.1:8470/ready"
    )
)
def serve(
    host: Annotated[
        str | None,
        typer.Option(help="The address to listen on.", show_default="[web] host, or 127.0.0.1"),
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            help="The port to listen on; 0: any.",
            min=0,
            max=65535,
            show_default="[web] port, or 8470",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Serve health, readiness, metrics and the REST API over HTTP.

    /health tells whether this process lives, /ready whether the site can dial, and what is
    missing; /metrics is for Prometheus. The latter two answer to programs on this machine, and
    to those that send the token of the settings. /api/... is for programs with a key of the
    settings ('dialplane crm key'); /api/openapi.json describes it. With --json: what is told, one
    object a line.
    """
    if host is not None and not 1 <= len(host) <= 253:
        raise InputError("--host: expected an address of this machine, such as 127.0.0.1")
    settings = existing_site()
    told = {"host": host, "port": port}
    chosen = {key: value for key, value in told.items() if value is not None}
    web = WebSettings(**{**dict(settings.web), **chosen})
    serve_site(settings.model_copy(update={"web": web}), teller(as_json))
