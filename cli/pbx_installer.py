"""`dialplane pbx installer`: the AMI user that 'dialplane dialplan install' needs."""

import secrets

from cli.errors import InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from cli.pbx_config import Host, Into, Permit, Secret, User, host_of, write_new
from dialplan_templates.doors import LOOPBACK
from dialplan_templates.render import installer_file

app = leaf_app()


@app.command(
    epilog=examples(
        "dialplane pbx installer --into /etc/asterisk",
        "dialplane pbx installer --into /etc/asterisk --json",
    )
)
def installer(
    into: Into,
    user: User = "dialplane-install",
    secret: Secret = None,
    permit: Permit = LOOPBACK,
    host: Host = "127.0.0.1",
    as_json: Json = False,
) -> None:
    """Write the AMI user that 'dialplane dialplan install' needs.

    It may have Asterisk reload, and see its dialplan: rights that whoever dials has no use for, so
    it is a user of its own. Give its URL to 'install' as DIALPLANE_INSTALL_AS.
    """
    password = secret or secrets.token_urlsafe(24)
    try:
        files = installer_file(secret=password, user=user, permit=permit)
    except ValueError as wrong:
        raise InputError(str(wrong)) from wrong
    url = f"ami://{user}:{password}@{host_of(host)}:5038"
    write_new(into, files)
    if as_json:
        emit({"files": [str(into / name) for name in files], "url": url})
        return
    for name in files:
        say(f"made {into / name}")
    say('Then: asterisk -rx "manager reload", and, before dialplane dialplan install:')
    say(f"export DIALPLANE_INSTALL_AS='{url}'")
