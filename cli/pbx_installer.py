"""`dialplane pbx installer`: the user that 'dialplane dialplan install' needs."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from cli.dialplan_files import PbxKind
from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.pbx_config import Host, Into, Permit, Secret, host_of, write_new
from connectors.freeswitch.url import PORT, USER
from dialplan_templates.doors import LOOPBACK
from dialplan_templates.installer_freeswitch import freeswitch_installer_file
from dialplan_templates.render import installer_file

app = leaf_app()
User = Annotated[str, typer.Option(help="The user of AMI, or of the directory.")]
Domain = Annotated[
    str | None,
    typer.Option(
        help="FreeSWITCH: the directory's domain, as fs_cli -x 'global_getvar domain' tells it."
    ),
]
THEN = {
    PbxKind.ASTERISK: 'asterisk -rx "manager reload"',
    PbxKind.FREESWITCH: "fs_cli -x reloadxml",
}


@app.command(
    epilog=examples(
        "dialplane pbx installer --into /etc/asterisk",
        "dialplane pbx installer --pbx freeswitch --domain pbx.example.net --into /etc/freeswitch",
    )
)
def installer(
    into: Into,
    pbx: Annotated[PbxKind, typer.Option(help="What kind of PBX it is.")] = PbxKind.ASTERISK,
    domain: Domain = None,
    user: User = "dialplane-install",
    secret: Secret = None,
    permit: Permit = LOOPBACK,
    host: Host = "127.0.0.1",
    as_json: Json = False,
) -> None:
    """Write the user that 'dialplane dialplan install' needs.

    It may have the PBX reload, and see its dialplan: rights that whoever dials has no use for, so
    it is a user of its own. On FreeSWITCH it can read the whole configuration, passwords too. Give
    its URL to 'install' as DIALPLANE_INSTALL_AS.
    """
    password = secret or secrets.token_urlsafe(24)
    at = host_of(host)
    try:
        if pbx is PbxKind.ASTERISK:
            files = installer_file(secret=password, user=user, permit=permit)
            url = f"ami://{user}:{password}@{at}:5038"
        else:
            url = f"esl://{_esl_user(user, domain, permit)}:{password}@{at}:{PORT}"
            files = freeswitch_installer_file(secret=password, user=user)
    except ValueError as wrong:
        raise InputError(str(wrong)) from wrong
    write_new(into, files)
    _tell([into / name for name in files], url, pbx, as_json)


def _esl_user(user: str, domain: str | None, permit: str) -> str:
    """As it stands in a URL. Raises `ValueError` with a sentence."""
    if permit != LOOPBACK:
        raise ValueError(
            "--permit is Asterisk's alone; who may connect to a FreeSWITCH is said by "
            "apply-inbound-acl in its event_socket.conf.xml"
        )
    if domain is None or not USER.fullmatch(f"{user}@{domain}"):
        raise ValueError(
            "--domain must be the name or address of FreeSWITCH's directory, as "
            "fs_cli -x 'global_getvar domain' tells it"
        )
    return f"{user}%40{domain}"


def _tell(made: list[Path], url: str, pbx: PbxKind, as_json: bool) -> None:
    if as_json:
        emit({"files": [str(path) for path in made], "url": url})
        return
    for path in made:
        say(f"made {path}")
    say(f"Then: {THEN[pbx]}, and, before dialplane dialplan install:")
    say(f"export DIALPLANE_INSTALL_AS='{url}'")
