"""`dialplane campaign script`: what agents say."""

from typing import Annotated

import typer

from cli.errors import StateError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.site import open_site
from storage import campaigns

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane campaign script spring",
        "dialplane campaign script spring opening",
        "dialplane campaign script spring --json | jq -r .scripts.opening",
    )
)
def script(
    name: Annotated[str, typer.Argument(help="A campaign.", metavar="NAME")],
    which: Annotated[
        str | None, typer.Argument(help="One of its scripts.", metavar="[SCRIPT]")
    ] = None,
    as_json: Json = False,
) -> None:
    """Print the scripts of a campaign, or one of them, as last applied."""
    with open_site() as site:
        stored = campaigns.get(site.store, name)
    texts = stored.spec.scripts
    if which is not None:
        texts = {which: _text(name, texts, which)}
    if as_json:
        emit({"campaign": name, "version": stored.version, "scripts": texts})
    elif which is not None:
        say(texts[which])
    else:
        say("\n\n".join(f"{title}:\n{text}" for title, text in texts.items()) or _none(name))


def _text(name: str, texts: dict[str, str], which: str) -> str:
    if which not in texts:
        there = f"; there are: {', '.join(texts)}" if texts else ""
        raise StateError(f"Campaign '{name}' has no script {which!r:.80}{there}")
    return texts[which]


def _none(name: str) -> str:
    return f"Campaign '{name}' has no scripts; its file may have them under 'scripts'."
