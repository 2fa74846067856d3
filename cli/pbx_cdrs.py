"""`dialplane pbx cdrs`: what an Asterisk has written of its calls, told to a site."""

import os
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import ExitCode, InputError
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say, warn
from connectors.asterisk.cdr import detail_of
from connectors.detail import CallDetail
from workers.cdr_posts import BadSecret, NotReached, NotTaken, Poster
from workers.following import BadPosition, Followed

app = leaf_app()
LOOK, LONGEST_WAIT = 1.0, 60.0  # seconds
NAMED = "DIALPLANE_HOOK_SECRET"


@app.command(
    epilog=examples(
        "DIALPLANE_HOOK_SECRET=whsec_... dialplane pbx cdrs /var/log/asterisk/cdr-csv/Master.csv "
        "--to http://10.0.0.5:8470/pbx/main/hooks --follow",
        "dialplane pbx cdrs ./Master.csv --to http://127.0.0.1:8470/pbx/main/hooks --json",
    )
)
def cdrs(
    file: Annotated[
        Path, typer.Argument(help="Asterisk's Master.csv, as 'pbx files' has it written.")
    ],
    to: Annotated[str, typer.Option(help="Where the site takes posts: .../pbx/NODE/hooks")],
    follow: Annotated[
        bool, typer.Option(help="Go on for as long as nobody stops it, as a service does.")
    ] = False,
    position: Annotated[
        Path | None,
        typer.Option(help="Where it is noted what is done.", show_default="FILE.posted"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Post the records of calls that Dialplane has placed to a site.

    On Asterisk's machine; no site is needed there. A record mends the result of a call whose end no
    worker saw. Each is posted once the one before has been taken, and what is done is noted, so it
    can be stopped at any time and goes on where it was, also after a log rotation. The secret is
    one of the site's for hooks, in the variable DIALPLANE_HOOK_SECRET. Exit code 4: the site
    did not answer, and the rest is left for the next time.
    """
    secret = os.environ.get(NAMED)
    if not secret:
        raise InputError(f"{NAMED} is not set; it is one of [hooks] secrets in the site's settings")
    if not follow and not file.is_file():
        raise InputError(f"{file}: there is no such file; expected Asterisk's Master.csv")
    followed = Followed(file, position or file.with_name(f"{file.name}.posted"))
    count: Counter[str] = Counter()
    try:
        with closing(Poster(to, secret)) as poster:
            _post(poster, followed, count, follow)
    except (BadSecret, BadPosition) as wrong:
        raise InputError(str(wrong)) from wrong
    except NotReached as wrong:
        warn(f"{wrong}; {count['posted']} were posted, and the rest is left for the next time.")
        raise typer.Exit(ExitCode.UNREACHABLE) from wrong
    except OSError as wrong:
        raise InputError(f"{wrong.filename or file}: {wrong.strerror}") from wrong
    if as_json:
        emit({"posted": count["posted"], "refused": count["refused"], "others": count["others"]})
    else:
        say(f"{count['posted']} posted, {count['refused']} refused, {count['others']} not ours")


def _post(poster: Poster, followed: Followed, count: Counter[str], follow: bool) -> None:
    """What there is now, or as it is written."""
    _post_all(poster, followed, count, follow)
    while follow:
        time.sleep(LOOK)
        _post_all(poster, followed, count, follow)


def _post_all(poster: Poster, followed: Followed, count: Counter[str], patient: bool) -> None:
    """What is done is noted after each record of ours, and at the end."""
    last = None
    for line in followed.lines():
        ours, last = detail_of(line.text), line
        if ours is None:
            count["others"] += 1
            continue
        _tell(poster, ours, count, patient)
        followed.done(line)
        last = None
    if last is not None:
        followed.done(last)


def _tell(poster: Poster, detail: CallDetail, count: Counter[str], patient: bool) -> None:
    """Post a record. Raises `NotReached` unless `patient`."""
    wait = LOOK
    while True:
        try:
            return count.update([_came_of(poster, detail)])
        except NotReached as wrong:
            if not patient:
                raise
            warn(f"{wrong}; tried again in {wait:.0f} s")
        time.sleep(wait)
        wait = min(2 * wait, LONGEST_WAIT)


def _came_of(poster: Poster, detail: CallDetail) -> str:
    """`posted`, or `refused`. Raises `NotReached`."""
    try:
        poster.post(detail)
    except NotTaken as wrong:
        warn(f"{wrong} for the record of {detail.call_id}; passed over")
        return "refused"
    return "posted"
