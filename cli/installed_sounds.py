"""Which folders have the sounds of what is installed on a PBX, and what of them may go.

Theory. `dialplane/sounds.json` in the PBX's configuration folder names each folder of sounds that
an installation has written to, with the flows whose sounds it brought. It is written before they
are, so whatever is killed, the next command knows where to look: also one that was not told where
the sounds are, and for a flow of which no generation is left. Folders that are not on it may be
another PBX's, or a rendering's that somebody has copied: nobody looks there.
"""

import json
import re
from collections.abc import Collection, Mapping
from pathlib import Path

from cli.dialplan_files import flow_of
from cli.errors import InputError
from cli.output import warn
from cli.prompt_sounds import Found
from cli.sound_list import LIST, below, ours_in, remove_halves, remove_unnamed, store
from dialplan_templates.generations import Folder

KNOWN = "sounds.json"
_FLOW = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
Places = dict[Path, set[str]]
"""The flows with sounds of ours, by the folder of sounds."""


def remember(folder: Folder, found: Found) -> None:
    """Before sounds are written: where they go, and where those go that were there before this was
    remembered. Raises `InputError`."""
    if found.out is None:
        return
    places, out = places_of(folder), found.out.resolve()
    earlier = {flow for flow in _flows(folder) if (below(out, flow) / LIST).exists()}
    wanted = places.get(out, set()) | {*found.names} | earlier
    if wanted != places.get(out):
        _write(folder, {**places, out: wanted})


def tidy(folder: Folder) -> list[Path]:
    """Old generations go, then the sounds of ours that none of those left names, and what a killed
    command has left half written. Which files have gone, but for generations. What cannot be
    removed is warned of, and tried again the next time."""
    folder.prune()
    texts = [text for held in folder.texts().values() for text in held]
    places = places_of(folder)
    gone = remove_halves(folder.home, {KNOWN})
    gone += [path for out, flows in places.items() for path in _tidied(out, flows, texts)]
    flows = _flows(folder)
    left = {out: {f for f in had if f in flows or (below(out, f) / LIST).exists()}
            for out, had in places.items()}  # fmt: skip
    if left != places:
        _write(folder, {out: had for out, had in left.items() if had})
    return gone


def places_of(folder: Folder) -> Places:
    """Of a file that cannot be read, or that says something else: nothing."""
    try:
        held = json.loads((folder.home / KNOWN).read_bytes())
        return {
            Path(out): {flow for flow in flows if _FLOW.fullmatch(flow)}
            for out, flows in held.items()
            if Path(out).is_absolute()
        }
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _tidied(out: Path, flows: Collection[str], texts: Collection[str]) -> list[Path]:
    gone: list[Path] = []
    for flow in sorted(flows):
        try:
            gone += remove_halves(below(out, flow), {LIST, *ours_in(below(out, flow))})
            gone += remove_unnamed(out, [flow], texts)
        except OSError as wrong:
            warn(f"{wrong.filename or below(out, flow)}: cannot be removed: {wrong.strerror}")
        except InputError as wrong:
            warn(str(wrong))
    return gone


def _flows(folder: Folder) -> set[str]:
    """Those of which a generation is left."""
    return {flow_of(file) for file in folder.texts()}


def _write(folder: Folder, places: Mapping[Path, Collection[str]]) -> None:
    told = {str(out): sorted(flows) for out, flows in sorted(places.items())}
    store(folder.home / KNOWN, f"{json.dumps(told, indent=1)}\n".encode())
