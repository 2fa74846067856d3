"""The list of our own sounds beside the sounds of a flow: `.made-by-dialplane.json`.

Each by its name, with a hash of what was in it as we wrote it. What is not on it, or not as it was,
is somebody's own.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from cli.files import unwritable
from speech.files import ENDING, write_whole
from speech.prompts import DIGITS

LIST = ".made-by-dialplane.json"
_HASHED = re.compile(rf"-[0-9a-f]{{{DIGITS}}}", re.ASCII)
_HALF = re.compile(rf"\.(.+)\.[0-9a-f]{{12}}{re.escape(ENDING)}", re.ASCII)


def below(out: Path, flow: str) -> Path:
    """Where the sounds of a flow lie in a PBX's folder of sounds."""
    return out / "dialplane" / flow


def ours_in(into: Path) -> dict[str, str]:
    """What is on the list; of one that cannot be read, nothing: all files are somebody's then."""
    try:
        held = json.loads((into / LIST).read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(k): str(v) for k, v in held.items()} if isinstance(held, dict) else {}


def is_ours(path: Path, ours: Mapping[str, str]) -> bool:
    """Whether it is on the list, and as we wrote it."""
    try:
        return ours.get(path.name) == digest(path.read_bytes())
    except OSError:
        return False


def write_list(into: Path, ours: Mapping[str, str]) -> None:
    """Raises `InputError`."""
    store(into / LIST, json.dumps(ours, indent=1).encode())


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def store(path: Path, data: bytes) -> None:
    """Raises `InputError` where it cannot be written."""
    try:
        write_whole(path, data)
    except OSError as wrong:
        raise unwritable(path, wrong) from wrong


def remove_unnamed(out: Path, flows: Iterable[str], texts: Collection[str]) -> list[Path]:
    """Remove those of our sounds of these flows that no dialplan in `texts` names; which they were.

    Raises `OSError`, `InputError`.
    """
    return [
        gone
        for flow in flows
        for gone in _remove_unnamed(below(out, flow), [t for t in texts if f"/{flow}/" in t])
    ]


def remove_halves(into: Path, names: Collection[str]) -> list[Path]:
    """Remove what a command that was killed has left of files of these names as it wrote them;
    which they were. For who knows that nobody writes there now. Raises `OSError`."""
    found = [path for path in sorted(into.glob(f".*{ENDING}")) if _half_of(path.name) in names]
    for half in found:
        half.unlink(missing_ok=True)
    return found


def _half_of(name: str) -> str:
    """The file that was to come of it; see `write_whole`."""
    half = _HALF.fullmatch(name)
    return half[1] if half else ""


def _remove_unnamed(into: Path, texts: Collection[str]) -> list[Path]:
    ours, removed = ours_in(into), []
    gone = [name for name in ours if not any(_is_named(name, text) for text in texts)]
    for name in gone:
        if is_ours(into / name, ours):
            (into / name).unlink(missing_ok=True)
            removed.append(into / name)
    if gone:
        _shorten(into, {name: was for name, was in ours.items() if name not in gone})
    return removed


def _is_named(sound: str, text: str) -> bool:
    """A name without a hash, as an earlier version gave it, may be any word: it stands behind a
    slash or as the last thing that a text is asked for with."""
    stem = Path(sound).stem
    if _HASHED.search(stem):
        return stem in text
    return bool(re.search(rf"[/,]{re.escape(stem)}(?![\w-])", text))


def _shorten(into: Path, ours: Mapping[str, str]) -> None:
    """A list of nothing goes, and its folder, where nothing of somebody's is in it."""
    if ours:
        write_list(into, ours)
        return
    (into / LIST).unlink(missing_ok=True)
    if not any(into.iterdir()):
        into.rmdir()
