"""`dialplane prompts clean`: room, where the voice has said much."""

from typing import Annotated

import typer

from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from workers.settings_file import load_settings
from workers.settings_speech import DAY
from workers.speaking import cache_of

app = leaf_app()


@app.command(epilog=examples("dialplane prompts clean", "dialplane prompts clean --days 1 --json"))
def clean(
    megabytes: Annotated[
        int | None,
        typer.Option(min=0, help="So much may stay.", show_default="[speech] megabytes, or 500"),
    ] = None,
    days: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="What was not wanted for so long goes.",
            show_default="[speech] days, or 7",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Remove what the voice has said and nobody wants any more.

    What was not wanted for some days goes, and beyond the megabytes what was not for the longest
    time; what was in the last ten minutes stays, as a call may play it yet. Workers do the same by
    themselves. Whatever is missed later is said again.
    """
    cache = cache_of(load_settings())
    gone = cache.shrink(
        None if megabytes is None else megabytes * 10**6, None if days is None else days * DAY
    )
    if as_json:
        emit({"folder": str(cache.folder), "removed": gone.files, "removed_bytes": gone.size,
              "left": gone.left, "left_bytes": gone.left_size})  # fmt: skip
        return
    say(f"{cache.folder}: {gone.files} sounds removed ({gone.size / 1e6:.1f} MB), "
        f"{gone.left} left ({gone.left_size / 1e6:.1f} MB)")  # fmt: skip
