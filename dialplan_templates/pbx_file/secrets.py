"""The secrets that a PBX file refers to: looked up, or made; never in the file, never shown.

What a secret may consist of is what every reader of a PBX's files takes as it is. A carrier's
password may be short; one that we could choose ourselves must be long. A colon or comma is left
out because FreeSWITCH cuts a gateway's password there.
"""

import os
import re
import secrets
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from campaigns.spec.errors import Finding, Loc, shown
from dialplan_templates.pbx_file.pbx import PbxFile
from dialplan_templates.pbx_file.words import FromEnvironment, FromFile

CHARACTERS = "letters, digits and _ . ~ ! # * + / = ? @ ^ -"
_TAKES = re.compile(r"[A-Za-z0-9_.~!#*+/=?@^-]*", re.ASCII)
LONGEST = 128
OWN = 16  # characters at least of a secret that is ours to choose
HOOKS = 24  # of the settings' [hooks]
_MOST_BYTES = 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a secret is kept, and at least how long it is. `ours`: it may be made here."""

    loc: Loc
    source: FromEnvironment | FromFile
    shortest: int
    ours: bool


class NotGiven(Exception):
    """Secrets that are not there, or are none: `findings`, one for each."""

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = tuple(findings)
        super().__init__("; ".join(f.message for f in self.findings))


def references(file: PbxFile) -> Iterator[Reference]:
    """Every secret that the file refers to."""
    for i, trunk in enumerate(file.trunks):
        if trunk.secret is not None:
            yield Reference(("trunks", i, "secret"), trunk.secret, 1, False)
    for i, phone in enumerate(file.phones):
        yield Reference(("phones", i, "secret"), phone.secret, OWN, True)
    if file.event_socket:
        for key in ("password", "secret"):
            source = getattr(file.event_socket, key)
            yield Reference(("event_socket", key), source, OWN, True)
    if file.records:
        yield Reference(("records", "password"), file.records.password, HOOKS, False)


def make_missing(file: PbxFile, folder: Path) -> list[Path]:
    """Make the files of secrets that are ours to choose and not there; those made.

    Raises `OSError`.
    """
    made = []
    for reference in references(file):
        path = folder / reference.source.file if isinstance(reference.source, FromFile) else None
        if reference.ours and path is not None and not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w") as opened:
                opened.write(secrets.token_urlsafe(24) + "\n")
            made.append(path)
    return made


def look_up(file: PbxFile, folder: Path, environment: Mapping[str, str]) -> dict[Loc, str]:
    """Each secret by the place that refers to it. `folder`: that of the PBX file.

    Raises `NotGiven` with all that are not there, are none, or can be read by others.
    """
    found, wrong = dict[Loc, str](), list[Finding]()
    for reference in references(file):
        try:
            found[reference.loc] = _checked(reference, _text(reference, folder, environment))
        except ValueError as why:
            key = "file" if isinstance(reference.source, FromFile) else "env"
            wrong.append(Finding((*reference.loc, key), str(why)))
    if wrong:
        raise NotGiven(wrong)
    return found


def _text(reference: Reference, folder: Path, environment: Mapping[str, str]) -> str:
    source = reference.source
    if isinstance(source, FromFile):
        return _of_file(folder / source.file, shown(source.file), reference.ours)
    text = environment.get(source.env, "")
    if not text:
        raise ValueError(f"expected the environment variable {source.env} (got none)")
    return text


def _of_file(path: Path, name: str, ours: bool) -> str:
    try:
        mode = path.stat().st_mode
        raw = _beginning(path) if stat.S_ISREG(mode) else b""
    except OSError as wrong:
        end = "; --make-secrets makes it" if ours and not path.exists() else ""
        raise ValueError(f"expected a file {name} ({wrong.strerror}){end}") from None
    if not stat.S_ISREG(mode) or mode & 0o077:
        raise ValueError(f"expected a file {name} that its owner alone may read: chmod 600")
    if len(raw) > _MOST_BYTES:
        raise ValueError(f"expected a secret alone in {name}, in its first line (got more)")
    return raw.decode("latin-1").removesuffix("\n").removesuffix("\r")


def _beginning(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_MOST_BYTES + 1)


def _checked(reference: Reference, text: str) -> str:
    """The secret is not repeated, whatever is wrong with it."""
    low, high = reference.shortest, LONGEST
    if not (_TAKES.fullmatch(text) and low <= len(text) <= high):
        raise ValueError(f"expected a secret of {low} to {high} {CHARACTERS} (got another one)")
    return text
