"""What may come of each thing that is waited for. Anything else is late, and dropped.

A PBX tells the end of a prompt that a key has ended already, or an answer after its time; in a
step that goes through several things that would be taken for the next one's.
"""

from campaigns.flow import doing as do
from campaigns.flow import happening as on
from campaigns.flow.doing import Doing
from campaigns.flow.happening import Happening

FITS: dict[type[Doing] | type[None], frozenset[type[Happening]]] = {
    type(None): frozenset(),
    do.PlayPrompt: frozenset({on.PromptOver, on.Pressed}),
    do.Listen: frozenset({on.Pressed, on.Silence}),
    do.StartRecording: frozenset({on.RecordingOver}),
    do.AskWebhook: frozenset({on.WebhookAnswered, on.WebhookFailed, on.Silence}),
    do.FindAgent: frozenset({on.AgentFound, on.Silence}),
    do.CallNumber: frozenset({on.TransferTaken, on.TransferFailed, on.Silence}),
    do.AwaitBeep: frozenset({on.BeepHeard, on.Silence}),
}
"""A hang-up fits at any time."""
