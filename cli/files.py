"""Files that a command is given: read whole, or said in one sentence why not."""

from pathlib import Path

from cli.errors import InputError


def read_bytes(path: Path) -> bytes:
    """The bytes of a file. Raises `InputError`."""
    try:
        return path.read_bytes()
    except OSError as wrong:
        raise unreadable(path, wrong) from wrong


def unreadable(path: Path, wrong: OSError) -> InputError:
    """Why a file cannot be read."""
    reasons = {
        FileNotFoundError: "there is no such file",
        IsADirectoryError: "it is a folder, not a file",
        PermissionError: "you may not read it",
    }
    return InputError(f"{path}: {reasons.get(type(wrong), wrong.strerror)}")
