"""Where this machine's own apt gets its packages from."""

from dataclasses import dataclass
from pathlib import Path

from lab.errors import LabError
from lab.shell import run

KEYRINGS = Path("/usr/share/keyrings")
OS_RELEASE = Path("/etc/os-release")


@dataclass(frozen=True)
class System:
    """The distribution whose archive this machine uses: "Debian" or "Ubuntu", and its release."""

    label: str
    release: str

    @property
    def components(self) -> str:
        return "main universe" if self.label == "Ubuntu" else "main"

    @property
    def keyring(self) -> Path:
        return KEYRINGS / f"{self.label.lower()}-archive-keyring.gpg"


def this_system(os_release: Path = OS_RELEASE) -> System:
    """Raises `LabError` on anything but Debian, Ubuntu and what is made from them."""
    facts = _facts(os_release)
    family = f"{facts.get('ID', '')} {facts.get('ID_LIKE', '')}".split()
    if "ubuntu" in family:
        return System("Ubuntu", facts.get("UBUNTU_CODENAME") or facts["VERSION_CODENAME"])
    if "debian" in family:
        return System("Debian", facts.get("DEBIAN_CODENAME") or facts.get("VERSION_CODENAME", ""))
    raise LabError(
        f"this machine runs {facts.get('PRETTY_NAME', 'an unknown system')}: the lab can fetch "
        "Asterisk and PostgreSQL by itself on Debian and Ubuntu only; install them yourself and "
        "name them in DIALPLANE_ASTERISK and PATH"
    )


def mirrors(system: System) -> list[str]:
    """Base addresses of the archive, the likeliest first.

    apt knows whose mirror is whose only after an `apt-get update`; a machine without package
    lists (most container images) has just the addresses, and the signatures tell later.
    """
    labelled = run(
        ["apt-get", "indextargets", "--format", "$(LABEL)|$(REPO_URI)", "Created-By: Packages"]
    )
    pairs = [line.partition("|") for line in labelled.splitlines()]
    known = [uri for label, _, uri in pairs if label == system.label]
    return list(dict.fromkeys(known)) or _configured(system)


def _configured(system: System) -> list[str]:
    lines = run(["apt-get", "--print-uris", "update"]).splitlines()
    addresses = [line.split("'")[1] for line in lines if line.startswith("'")]
    bases = [
        address.partition("/dists/")[0] + "/"
        for address in addresses
        if f"/dists/{system.release}/" in address
    ]
    if not bases:
        raise LabError(
            f"apt on this machine has no source for {system.label} {system.release}: "
            "add one to /etc/apt/sources.list and run 'apt-get update'"
        )
    return list(dict.fromkeys(bases))


def _facts(os_release: Path) -> dict[str, str]:
    text = os_release.read_text() if os_release.exists() else ""
    pairs = [line.partition("=") for line in text.splitlines()]
    return {key: value.strip("\"'") for key, _, value in pairs if value}
