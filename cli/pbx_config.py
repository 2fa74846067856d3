"""`dialplane pbx config`: the files that an Asterisk needs to be dialled over."""

import re
import secrets
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from connectors.calls import Amd
from dialplan_templates.doors import LOOPBACK
from dialplan_templates.render import asterisk_files
from dialplan_templates.versions import needs_regex_filters

app = leaf_app()

HOST = re.compile(r"[0-9A-Za-z]([0-9A-Za-z.-]{0,252})|[0-9A-Fa-f:]{2,39}")
AMD_PARTS = tuple(field.name for field in fields(Amd))


Into = Annotated[Path, typer.Option(help="The folder for them; files there are kept.")]
User = Annotated[str, typer.Option(help="The AMI user.")]
Secret = Annotated[str | None, typer.Option(help="Its secret.", show_default="a new one")]
Permit = Annotated[
    str, typer.Option(help="Which machines may log in: addresses, with masks or without.")
]
Host = Annotated[
    str, typer.Option(help="Where Dialplane finds this Asterisk, for the URL that is printed.")
]
Version = Annotated[
    str | None,
    typer.Option(
        help="Its version, as in 20.6: older ones filter events in another form.",
        show_default="a current one",
    ),
]
Hold = Annotated[
    int, typer.Option(help="Seconds until an answered call is hung up that is left alone.")
]
AmdSettings = Annotated[
    list[str] | None,
    typer.Option(help="A setting of AMD, as in greeting=1800; may be repeated."),
]


@app.command(
    epilog=examples(
        "dialplane pbx config --into /etc/asterisk",
        "dialplane pbx config --into /etc/asterisk --asterisk 20.6 --amd greeting=1800",
        "dialplane pbx config --into ./asterisk --permit 10.1.2.3 --host pbx.example.net",
    )
)
def config(
    into: Into,
    user: User = "dialplane",
    secret: Secret = None,
    permit: Permit = LOOPBACK,
    host: Host = "127.0.0.1",
    asterisk: Version = None,
    hold: Hold = 60,
    amd: AmdSettings = None,
    as_json: Json = False,
) -> None:
    """Write the files that an Asterisk needs to be dialled over.

    An AMI user with as few rights as work, the dialplan that calls and agents' phones pass
    through, and the conference profiles. Each file says at its top how to include it. Guard the
    secret: it is worth about as much as the user that Asterisk runs as.
    """
    password = secret or secrets.token_urlsafe(24)
    url = f"ami://{user}:{password}@{host_of(host)}:5038"
    try:
        files = asterisk_files(
            secret=password,
            user=user,
            permit=permit,
            hold_seconds=hold,
            amd=_amd(amd or []),
            regex_filters=asterisk is not None and needs_regex_filters(asterisk),
        )
    except ValueError as wrong:
        raise InputError(str(wrong)) from wrong
    write_new(into, files)
    _tell([str(into / name) for name in files], url, as_json)


def write_new(into: Path, files: Mapping[str, str]) -> None:
    """Files of which one holds a secret. Raises `InputError`, also where one is there already."""
    for name in files:
        if (into / name).exists():
            raise InputError(f"{into / name} is there already; move it away first")
    for name, text in files.items():
        _write(into / name, text)


def host_of(text: str) -> str:
    """As it stands in a URL. Raises `InputError`."""
    if not HOST.fullmatch(text):
        raise InputError(f"--host {text[:40]!a} is neither a name nor an address")
    return f"[{text}]" if ":" in text else text


def _amd(settings: list[str]) -> Amd:
    """What `--amd` says, over the defaults."""
    said: dict[str, int] = {}
    for setting in settings:
        name, _, value = setting.partition("=")
        if name not in AMD_PARTS or not re.fullmatch(r"[0-9]{1,6}", value, re.ASCII):
            raise InputError(
                f"--amd {setting[:40]!a} is not NAME=NUMBER with a NAME of {', '.join(AMD_PARTS)}"
            )
        said[name] = int(value)
    return Amd(**said)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)  # one of them holds the secret; give it to Asterisk's user
        path.write_text(text, encoding="utf-8")
    except OSError as wrong:
        raise InputError(f"{path}: cannot be written: {wrong.strerror}") from wrong


def _tell(made: list[str], url: str, as_json: bool) -> None:
    if as_json:
        emit({"files": made, "url": url})
        return
    for path in made:
        say(f"made {path}")
    say(f"For dialplane.toml, under [pbx]: main = '{url}'")
