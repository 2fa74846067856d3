"""What it means for people that the PBX refuses an action about a call."""

from connectors.freeswitch.codec import Action

GONE = ("No such channel", "Cannot locate session", "Invalid uuid")
"""What is said of a call, or of the leg that it was to join, that has just ended: no trouble."""

# Verb of the action -> what is amiss. `what` is its last word: a recording's path, a leg.
TROUBLE = {
    "record": "is not recorded to {what}",
    "play": "does not hear its message",
    "enter": "does not enter its flow",
    "connect": "is not connected to the leg {what}",
}


def trouble(action: Action, text: str) -> str:
    """In words, what a refusal leaves undone that somebody counts on; empty: nothing."""
    if not text.startswith("-") or any(words in text for words in GONE):
        return ""
    what = action.command.rpartition(" ")[2].removeprefix("${recordings_dir}/")
    return TROUBLE.get(action.verb, "").format(what=what)
