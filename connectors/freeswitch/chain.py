"""What a call does once it is answered, or moved: applications run one after the other.

FreeSWITCH calls it an inline dialplan: `app:data` joined by a character of our choice, `^`, which
no token holds. Its `event` application tells us how far a call has got.
"""

ANSWERED, CLASSIFIED = "dialplane::answered", "dialplane::classified"
FLOW = "dialplane::flow"  # from the dialplan of a flow
ARRIVED = "dialplane::arrived"  # from the PBX's own dialplan
PLAYED, LISTENING = "dialplane::played", "dialplane::listening"
BEEP = "avmd::beep"  # what mod_avmd tells

HANG_UP = "hangup:NORMAL_CLEARING"
HOLD = "park_timeout={hold}:NORMAL_CLEARING"  # used up by each park
WHOLE = "set:playback_terminators=none"  # or who presses * ends what is played
# The PBX's music, or silence where it has none; longer than any campaign lets a caller wait.
MUSIC = (
    WHOLE,
    "set:playback_timeout_sec=660",
    "playback:file_string://${hold_music}!silence_stream://660000",
    HANG_UP,
)
MESSAGE = "${{sounds_dir}}/dialplane/{message}.wav"  # the PBX knows its own folder


def listen(seconds: int) -> str:
    """Answered; listen for a beep; be held."""
    ears = ("avmd_start", f"sleep:{seconds * 1000}", "avmd_stop") if seconds else ()
    return chain(event(ANSWERED), *ears, event(CLASSIFIED), "park")


def play(message: str, *, then: str, rest: tuple[str, ...]) -> str:
    """Play a recorded message, tell what came of it and what follows `then`, and do the rest."""
    about = (f"Message={message}", "Answer=${current_application_response}", f"Then={then}")
    return chain(WHOLE, f"playback:{MESSAGE.format(message=message)}", event(PLAYED, *about), *rest)


def held(seconds: int) -> tuple[str, ...]:
    """Wait in silence."""
    return (f"set:{HOLD.format(hold=seconds)}", "park")


def spy(target: object) -> str:
    """Listen on a leg until it is gone, and tell whether it is there at all."""
    there = event(LISTENING, f"There=${{uuid_exists({target})}}")
    return chain(there, f"eavesdrop:{target}", HANG_UP)


def chain(*applications: str) -> str:
    return f"'m:^:{'^'.join(applications)}' inline"


def event(name: str, *headers: str) -> str:
    return "event:" + ",".join((f"Event-Subclass={name}", "Event-Name=CUSTOM", *headers))
