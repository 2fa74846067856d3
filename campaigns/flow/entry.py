"""How keys are heard: when an entry begins, when it is over, and what it counts as.

These are the rules for menu, collect and survey, in the walk and on every PBX alike. Asterisk's
Read and FreeSWITCH's play_and_get_digits both keep them, with one try each and a loop around it.

1. **Before.** Keys that were pressed before the prompt of a try begins are lost: there is no
   typing ahead, not from one step to the next and not from one try to the next.
2. **Prompt.** With `barge_in` (the default) the first key ends the prompt, and is the first of
   the entry. Without it, keys during the prompt are lost.
3. **First key.** `timeout` seconds are counted from the end of the prompt. When none has come by
   then, the try was met with silence.
4. **Further keys.** After each key there are `between` seconds for the next. When none comes, the
   entry is over, and is judged as it stands.
5. **Longest.** With as many keys as the longest entry may have it is over at once. Later keys are
   lost.
6. **End key.** It ends the entry and is no part of it: the `terminator` of a collect step; `#` in
   a menu or survey whose choices have several keys and no `#`. Pressed first, it makes an empty
   entry, which counts as silence. Other `*` and `#` are keys like any other; in a collect step
   they make the entry a wrong one.
7. **Tries.** There are `retries` and one more. Silence and wrong entries count alike, in one
   count. After a wrong entry comes the `invalid` prompt, during which keys are lost; then, as
   after silence, the question is asked again. When no try is left neither is played: the last
   try alone decides between `no_input` and `too_many`.
"""

from dataclasses import dataclass

from campaigns.flow.asking import Asks

SILENCE = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What has been pressed in this try."""

    longest: int
    end_key: str
    pressed: str = ""
    over: bool = False

    def key(self, key: str) -> "Entry":
        """The entry with one more key."""
        if self.end_key and key == self.end_key:
            return Entry(self.longest, self.end_key, self.pressed, over=True)
        pressed = self.pressed + key
        return Entry(self.longest, self.end_key, pressed, len(pressed) >= self.longest)


def entry_of(step: Asks) -> Entry:
    """The entry of a try that begins."""
    return Entry(step.longest, step.end_key)
