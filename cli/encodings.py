"""How a text file is written: told by its first bytes, by what decodes, or by whoever gives it."""

import codecs
from codecs import getincrementaldecoder
from pathlib import Path
from typing import BinaryIO

from cli.errors import InputError

_CHUNK = 1 << 20
_SAMPLE = 1 << 16
_MARKS = (  # the longer ones first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_NULS = 0.3  # so much of the pairs of bytes of UTF-16 holds one, in a file of numbers and commas
_EASTERN = 0.9  # so much of what is beyond ASCII has to be common Chinese
_RARE = 0.7  # or so much, where a header of common Chinese alone stands before it: names are rare
_HEADER = 4  # characters of Chinese that such a header has


def known_encoding(name: str) -> str:
    """An encoding that somebody named. Raises `InputError`."""
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        found = None
    if found is None or not getattr(found, "_is_text_encoding", True):
        raise InputError(
            f"--encoding {name!r:.40}: there is no such encoding; expected utf-8, utf-16, gb18030, "
            "big5, cp1252 or another that Python knows"
        )
    return "utf-8-sig" if found.name == "utf-8" else found.name


def encoding_of(path: Path, raw: BinaryIO, told: str | None = None) -> str:
    """The encoding in which the whole file decodes, `told` or guessed; `raw` is read to its end.

    Raises `InputError` with the line at which it does not.
    """
    sample = raw.read(_SAMPLE)
    encoding = told or _marked(sample) or "utf-8-sig"
    try:
        _decode(raw, encoding)
    except _Undecodable as wrong:
        if told or encoding != "utf-8-sig" or not _is_chinese(_beyond_ascii(raw, sample, wrong)):
            raise _told(path, wrong, encoding) from wrong
        encoding = "gb18030"
        _try(path, raw, encoding)
    return encoding


class _Undecodable(Exception):
    """`at`: where that line, or what is known of it, begins in the file."""

    def __init__(self, line: int, byte: int, at: int = 0) -> None:
        super().__init__()
        self.line, self.byte, self.at = line, byte, at


def _decode(raw: BinaryIO, encoding: str) -> None:
    """All of it. Raises `_Undecodable`."""
    raw.seek(0)
    decoder, line = getincrementaldecoder(encoding)(), 1
    while True:
        chunk = raw.read(_CHUNK)
        try:
            line += decoder.decode(chunk, final=not chunk).count("\n")
        except UnicodeDecodeError as wrong:
            before = wrong.object[: wrong.start].count(b"\n")
            byte = wrong.object[wrong.start] if wrong.start < len(wrong.object) else 0
            begins = wrong.object.rfind(b"\n", 0, wrong.start) + 1
            at = raw.tell() - len(wrong.object) + begins
            raise _Undecodable(line + before, byte, at) from wrong
        except UnicodeError as wrong:  # UTF-16 without its mark, in some versions
            raise _Undecodable(line, 0) from wrong
        if not chunk:
            return


def _beyond_ascii(raw: BinaryIO, sample: bytes, wrong: _Undecodable) -> bytes:
    """The beginning of the file; of one that begins with nothing but ASCII, what is none."""
    if not sample.isascii():
        return sample
    raw.seek(wrong.at)
    return raw.read(_SAMPLE)


def _try(path: Path, raw: BinaryIO, encoding: str) -> None:
    try:
        _decode(raw, encoding)
    except _Undecodable as wrong:
        raise _told(path, wrong, encoding) from wrong


def _told(path: Path, wrong: _Undecodable, encoding: str) -> InputError:
    name = {"utf-8-sig": "UTF-8"}.get(encoding, encoding.upper())
    return InputError(
        f"{path}:{wrong.line}: expected {name} (got the byte 0x{wrong.byte:02x}); "
        "save the file as UTF-8, or name its encoding with --encoding, such as gb18030"
    )


def _marked(sample: bytes) -> str | None:
    """By the mark of byte order; or by the NULs that UTF-16 puts beside every Latin letter."""
    marked = next((name for mark, name in _MARKS if sample.startswith(mark)), None)
    if marked is not None or len(sample) < 4:
        return marked
    head = sample[: len(sample) // 2 * 2]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if max(even, odd) < _NULS * len(head) / 2 or min(even, odd) * 20 > max(even, odd):
        return None
    return "utf-16-be" if even > odd else "utf-16-le"


def _is_chinese(sample: bytes) -> bool:
    """Whether what is beyond ASCII is, read as GB18030, what GB 2312 has: nearly any bytes are
    something in GB18030, and Latin letters with accents are seldom two of these in a row, and half
    of what is Big5 is none."""
    beyond, common = _common(sample)
    named, known = _common(sample.partition(b"\n")[0])
    least = _RARE if named >= _HEADER and known == named else _EASTERN
    return beyond > 0 and common >= least * beyond


def _common(sample: bytes) -> tuple[int, int]:
    """How many characters are beyond ASCII, and how many of these are common Chinese."""
    beyond = [c for c in sample.decode("gb18030", "replace") if not c.isascii()]
    return len(beyond), sum(1 for c in beyond if c != "\ufffd" and _in_gb2312(c))


def _in_gb2312(char: str) -> bool:
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True
