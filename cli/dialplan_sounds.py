"""Where the sounds of an installed flow lie, and which of them its dialplan names."""

from dataclasses import dataclass
from pathlib import Path

from cli.dialplan_files import PbxKind, Rendering
from cli.dialplan_site import SITES, address_of, visiting
from cli.errors import InputError
from cli.prompt_sounds import Found, find_sounds, named, none_made, require_all, sounds_folder
from connectors.pbx import PbxError


@dataclass(frozen=True, slots=True)
class SoundsAt:
    """Of a node's PBX, as commands name it. `named`: the folder, where it was named."""

    pbx: PbxKind
    node: str
    url: str | None
    named: Path | None

    def folder(self) -> Path:
        """Raises `InputError` where there is none, `PbxError`, `StateError`."""
        return sounds_folder(self.named or self._told())

    def known(self) -> Path | None:
        """The same for who can do without."""
        try:
            return self.folder()
        except (InputError, PbxError):
            return None

    def _told(self) -> Path | None:
        """Where a FreeSWITCH says that its sounds are; Asterisk's are in one of a few places."""
        if self.pbx is not PbxKind.FREESWITCH:
            return None
        site = SITES[self.pbx]
        address = address_of(site, self.node, self.url)
        there: Path = visiting(site, self.node, address, lambda it: it.folder("sounds_dir"))
        return there


def sounds_for(made: Rendering, at: SoundsAt, no_sounds: bool) -> Found:
    """What is to be written with a flow that is installed: all of its sounds, or none.

    Raises `SpeechError` where one cannot be made, and as `SoundsAt.folder`.
    """
    if not no_sounds:
        found = find_sounds(made.flow_files, at.folder(), made.played)
        require_all(found)
        return found
    there = at.known()
    if there is None:
        return Found(None)
    return find_sounds(made.flow_files, there, made.played, none_made)


def sounds_seen(made: Rendering, there: Path | None, no_sounds: bool) -> Found:
    """What `sounds_for` would find, with nothing made."""
    if no_sounds and there is None:
        return Found(None)
    return find_sounds(made.flow_files, there, made.played, none_made if no_sounds else named)
