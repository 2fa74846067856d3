"""A real eSpeak NG: this machine's, else one that the lab fetches by itself."""

import shutil
from pathlib import Path

from lab.errors import LabError
from lab.parts import ESPEAK, installed

WITH_ITS_DATA = """\
#!/bin/sh
# runs eSpeak NG with the data that was unpacked beside it
ESPEAK_DATA_PATH={data} exec {program} "$@"
"""


def find_espeak() -> Path:
    """The program, as anybody may run it. Raises `LabError` where it cannot be had."""
    if found := shutil.which("espeak-ng"):
        return Path(found)
    root = installed(ESPEAK)
    data = next(root.glob("usr/lib/*/espeak-ng-data"), None)
    if data is None:
        raise LabError(f"{root} holds no data of eSpeak NG: remove the folder, and try again")
    script = root / "espeak-ng"
    if not script.exists():
        made = root / "espeak-ng.new"
        made.write_text(WITH_ITS_DATA.format(data=data.parent, program=root / "usr/bin/espeak-ng"))
        made.chmod(0o755)
        made.replace(script)
    return script
