"""`dialplane prompts convert`: a sound that people bring, made one that PBXs play."""

from enum import IntEnum
from pathlib import Path
from typing import Annotated

import typer

from cli.errors import InputError
from cli.files import open_bytes, unwritable
from cli.lazy import leaf_app
from cli.output import Json, emit, examples, say
from speech.convert import converted
from speech.files import write_whole

app = leaf_app()


class Rate(IntEnum):
    """Samples a second."""

    WAV = 8000
    WAV16 = 16000


RATES = {".wav": Rate.WAV, ".wav16": Rate.WAV16}
"""By the ending of what is written, as Asterisk has it."""


@app.command(
    epilog=examples(
        "dialplane prompts convert hello.mp3 --out prompts/hello.wav",
        "dialplane prompts convert hello.flac --out hello.wav16",
    )
)
def convert(
    file: Annotated[Path, typer.Argument(help="A sound: WAV, FLAC, Ogg or MP3.", metavar="FILE")],
    out: Annotated[Path, typer.Option(help="What is written: .wav (8 kHz) or .wav16 (16 kHz).")],
    as_json: Json = False,
) -> None:
    """Make a sound file one that PBXs play.

    One channel, 16 bits, 8 kHz (.wav16: 16 kHz), and as loud as all prompts: what is spoken at
    -20 dB below full scale, no peak above -1 dB. A silent sound, one of more than ten minutes, and
    what is no sound are refused.
    """
    rate = RATES.get(out.suffix)
    if rate is None:
        raise InputError(f"{out}: expected a name that ends in .wav or .wav16")
    with open_bytes(file) as source:
        sound = converted(source, str(file), rate)
    try:
        write_whole(out, sound)
    except OSError as wrong:
        raise unwritable(out, wrong) from wrong
    seconds = round((len(sound) - 44) / 2 / rate, 2)
    if as_json:
        emit({"file": str(out), "rate": int(rate), "seconds": seconds})
    else:
        say(f"made {out}: {seconds:g} s")
