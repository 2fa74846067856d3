"""The user of a FreeSWITCH's directory that may have it read its files and see what it has read."""

from connectors.freeswitch.deployment import API
from dialplan_templates.render import checked
from dialplan_templates.writer import fill

INSTALLER = "directory/default/dialplane-install.xml"


def freeswitch_installer_file(*, secret: str, user: str) -> dict[str, str]:
    """By its path below /etc/freeswitch. Raises `ValueError` with a sentence that names the field
    and what it takes."""
    values = {
        "secret": checked("secret", secret),
        "user": checked("user", user),
        "api": ",".join(API),
    }
    return {INSTALLER: fill("freeswitch", INSTALLER, values)}
