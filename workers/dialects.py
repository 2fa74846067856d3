"""How each kind of PBX reads dialplans: where it finds ours, and what it makes of them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from connectors.freeswitch.dialplan import contexts
from dialplan_templates.lines import Line, contexts_of
from dialplan_templates.render import DIALPLAN
from dialplan_templates.stamp import stamped

Read = Callable[[Iterable[str]], dict[str, Mapping[str, list[Line]]]]


@dataclass(frozen=True, slots=True)
class Dialect:
    """`contexts_of`: what the PBX has to make of files. `entrance`: the file by which it finds
    them, below its folder, and what stands in it. `part`: that of `generations.Folder`. `adopts`:
    what stands in the entrance before the first generation becomes one.

    The others are words for people: where `rendering`s lie, what makes the PBX `reload`, and
    whether it has what is `included`.
    """

    contexts_of: Read
    entrance: str
    entrance_text: str
    rendering: str
    reload: str
    included: str
    part: str = ""
    adopts: bool = False


def xml_contexts(texts: Iterable[str]) -> dict[str, Mapping[str, list[Line]]]:
    """Those of several files, in one. A file that is no XML any more holds none."""
    found: dict[str, Mapping[str, list[Line]]] = {}
    for text in texts:
        try:
            found.update(contexts(text))
        except ValueError:  # somebody's change; it is told by its hash
            continue
    return found


ASTERISK = Dialect(
    contexts_of=contexts_of,
    entrance="extensions.d/dialplane-flows.conf",
    entrance_text="""\
; The flows that 'dialplane dialplan install' has put in place. Include it from extensions.conf:
;
;   #include extensions.d/*.conf
;
; Change nothing here or there by hand: 'dialplane dialplan diff' tells what was, and 'install'
; goes on only when it is told to.
#tryinclude dialplane/current/*.conf
""",
    rendering="extensions.d/dialplane-flow-NAME.conf",
    reload='asterisk -rx "dialplan reload"',
    included="Does its extensions.conf end with '#include extensions.d/*.conf'",
)
ASTERISK_CALLS = replace(
    ASTERISK,
    part="calls",
    adopts=True,
    entrance=DIALPLAN,
    entrance_text=stamped(
        DIALPLAN,
        """\
; What Dialplane's calls pass through, which 'dialplane dialplan install' has put in place. Include
; it from extensions.conf:
;
;   #include extensions.d/*.conf
;
; Change nothing here or there by hand: 'dialplane dialplan diff' with a campaign's file tells what
; was, and 'install' goes on only when it is told to.
#tryinclude dialplane/calls/current/*.conf
""",
    ),
    rendering=DIALPLAN,
)
FREESWITCH_ENTRANCE = "dialplan/dialplane-flows.xml"
FREESWITCH = Dialect(
    contexts_of=xml_contexts,
    entrance=FREESWITCH_ENTRANCE,
    entrance_text=stamped(
        FREESWITCH_ENTRANCE,
        """\
<!-- The flows that 'dialplane dialplan install' has put in place. The stock freeswitch.xml includes
     this file with all others of its folder, into the section "dialplan".

     Change nothing here or there by hand: 'dialplane dialplan diff' tells what was, and 'install'
     does not go on. -->
<include>
  <X-PRE-PROCESS cmd="include" data="../dialplane/current/*.xml"/>
</include>
""",
    ),
    rendering="dialplan/dialplane-flow-NAME.xml",
    reload="fs_cli -x reloadxml",
    included="Does its freeswitch.xml include dialplan/*.xml in the section 'dialplan'",
)
