"""`dialplane pbx config`: the files that an Asterisk needs to be dialled over."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from dialplan_templates.render import asterisk_files

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane pbx config --into /etc/asterisk",
        "dialplane pbx config --into ./asterisk --permit 10.1.2.3/255.255.255.255",
    )
)
def config(
    into: Annotated[Path, typer.Option(help="The folder for them; files there are kept.")],
    user: Annotated[str, typer.Option(help="The AMI user.")] = "dialplane",
    secret: Annotated[
        str | None, typer.Option(help="Its secret.", show_default="a new one")
    ] = None,
    permit: Annotated[
        str, typer.Option(help="Which machine may log in, as ADDRESS/MASK.")
    ] = "127.0.0.1/255.255.255.255",
    as_json: Json = False,
) -> None:
    """Write the files that an Asterisk needs to be dialled over.

    An AMI user with as few rights as work, the dialplan that calls and agents' phones pass
    through, and the conference profiles. Each file says at its top how to include it.
    """
    password = secret or secrets.token_urlsafe(24)
    try:
        files = asterisk_files(secret=password, user=user, permit=permit)
    except ValueError as wrong:
        raise InputError(str(wrong)) from wrong
    for name in files:
        if (into / name).exists():
            raise InputError(f"{into / name} is there already; move it away first")
    for name, text in files.items():
        _write(into / name, text)
    url = f"ami://{user}:{password}@127.0.0.1:5038"
    if as_json:
        emit({"files": [str(into / name) for name in files], "url": url})
        return
    for name in files:
        say(f"made {into / name}")
    say(f"For dialplane.toml, under [pbx]: main = '{url}'")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # one of them holds the secret; give it to Asterisk's user
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise InputError(f"{path}: cannot be written: {wrong.strerror}") from wrong
