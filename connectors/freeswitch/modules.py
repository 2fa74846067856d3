"""Which modules of the PBX are needed, what for, and which it can do without."""

from connectors.freeswitch.actions import Dialling

SIP, BEEPS = "mod_sofia", "mod_avmd"

# What each way of dialling goes through.
WAYS = {"gateway": SIP, "user": SIP, "loopback": "mod_loopback"}

# Module -> what cannot be done without it. Nothing is dialled until they are there.
NEEDED = {
    "mod_dptools": "no call can be held",
    "mod_sndfile": "no message is played and nothing is recorded",
}

# The same of those that are only missed.
MISSED = {
    BEEPS: "no answering machine is told from people",
    "mod_dialplan_xml": "no call can be sent into a flow",
    "mod_tone_stream": "callers who wait are hung up where there is no music for them",
}


def needed(dialling: Dialling) -> dict[str, str]:
    """Module -> what cannot be done without it, for this way of dialling."""
    ways = {dialling.trunk_technology: "no trunk", dialling.phone_technology: "no phone"}
    return NEEDED | {WAYS[way]: f"{what} can be reached" for way, what in ways.items()}


def missed(dialling: Dialling) -> dict[str, str]:
    """The same of modules that a campaign may do without."""
    unused = () if dialling.listen else (BEEPS,)
    return {module: lack for module, lack in MISSED.items() if module not in unused}
