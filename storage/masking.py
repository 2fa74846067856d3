"""Secrets are taken out of every text that is told, logged or shown, by this one function.

A password may hold any character that is no blank, `@`, `/` and `://` too: so all is masked from
the scheme to the last `@` of the word. Too much may be gone then; never too little.
"""

import re

_HINTS = r"(?:user(?::password)?|USER:SECRET|:PASSWORD)"
_LOGIN = re.compile(rf"(?<=://)(?!{_HINTS}@[^@\s]*(?:\s|$))\S*@")
"""All but those of our own hints: `ami://user:password@host` tells what to write."""
_OPTION = re.compile(r"(?<=[?&])((?:ssl)?(?:password|secret|token)=)[^&\s]*", re.IGNORECASE)


def masked(text: str) -> str:
    """`text` without the credentials of the URLs in it."""
    return _OPTION.sub(r"\1...", _LOGIN.sub("...@", text))
