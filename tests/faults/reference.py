r"""What Ferry has to store of a stream, worked out anew, a line at a time.

The rules, as ``executor/rules/lines.py`` promises them:

- A line ends at ``\n``; what stands after the last one is a line too, if there is anything.
- A line of more than 16 KiB comes in pieces, all but the last end in `` ⏎…``. A piece ends after
  the last ``\r`` within 16 KiB if anything but blanks stands before it; else at 16 KiB, at most
  three bytes earlier so as not to cut a UTF-8 sequence.
- Bytes that are not UTF-8 are shown as ``\xff``; NUL stays.
- Of a line that was written over by ``\r``, the last state that is not blank is kept.

Kept apart from the code under test on purpose, and without any of its tricks.
"""

from collections.abc import Iterator

_LIMIT = 16384
_CONTINUES = " ⏎…"


def lines_of(stream: bytes) -> Iterator[str]:
    """Yield the lines that must be stored of *stream*, in order."""
    begin = 0
    while begin < len(stream):
        end = stream.find(b"\n", begin)
        line = stream[begin:] if end < 0 else stream[begin:end]
        yield from _pieces(line)
        begin += len(line) + 1


def _pieces(line: bytes) -> Iterator[str]:
    begin = 0
    while len(line) - begin > _LIMIT:
        size = _size(line[begin : begin + _LIMIT + 1])
        yield _shown(line[begin : begin + size]) + _CONTINUES
        begin += size
    yield _shown(line[begin:])


def _size(window: bytes) -> int:
    """Return the length of the first piece of a line that begins with *window*."""
    last_return = window[:_LIMIT].rfind(b"\r")
    if last_return > 0 and window[:last_return].strip():
        return last_return + 1
    for back in range(4):
        if not 0x80 <= window[_LIMIT - back] <= 0xBF:
            return _LIMIT - back
    return _LIMIT


def _shown(piece: bytes) -> str:
    text = piece.decode("utf-8", "backslashreplace")
    if "\r" not in text:
        return text
    told = [state for state in text.removesuffix("\r").split("\r") if state.strip()]
    return told[-1] if told else ""
