"""The user under whom a server runs that refuses to run as root."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path
from typing import Self, TypedDict


class Switch(TypedDict, total=False):
    """The change of user, in the words of `subprocess.Popen`."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Self:
        """Ourselves, or `nobody` when we are root."""
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    def drop_to(self) -> Switch:
        """What `subprocess` is told so that a program runs as this user."""
        if self.uid == os.geteuid():
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}

    def own(self, folder: Path) -> None:
        """Make `folder` this user's."""
        os.chown(folder, self.uid, self.gid)

    def reaches(self, path: Path) -> bool:
        """Whether every folder above `path` lets this user pass."""
        if self.uid == os.geteuid():
            return True
        return all(folder.stat().st_mode & 0o001 for folder in path.parents if folder.exists())
