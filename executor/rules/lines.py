"""Bytes of one stream → numbered-able lines, the same ones however the bytes arrive.

A line depends only on the bytes from its start on: cut into other chunks, or resumed at the end of
any earlier line, the same lines come out. So a run that is taken over goes on without a seam.
Whole blocks are split and decoded at once, since one decode per line costs three times as much.
"""

from executor.rules.masking import Mask

LIMIT = 16 * 1024  #: longest line in bytes; longer ones are split
CONTINUES = " ⏎…"  #: how a piece ends when its line goes on in the next one


class Splitter:
    """Splits one stream, from byte *offset* on; holds little more than `LIMIT` bytes between calls.

    No line is cut in the middle of what *masks* hide: it waits until the longest would be over.
    """

    def __init__(self, offset: int = 0, masks: tuple[Mask, ...] = ()) -> None:
        self.offset = offset  #: of the first byte that is not yet in a line
        self._rest = bytearray()
        self._masks = masks
        self._wait = max((mask.longest for mask in masks), default=0)
        self._longest = LIMIT + self._wait

    def feed(self, data: bytes) -> list[str]:
        """Return the lines that *data* completes, as people read them."""
        if b"\n" not in data and len(self._rest) + len(data) <= self._longest:
            self._rest += data
            return []
        block = bytes(self._rest) + data
        complete, newline, rest = block.rpartition(b"\n")
        texts = self._lines(complete) if newline else []
        texts += self._cut(rest)
        return texts

    def finish(self) -> list[str]:
        """Return the last line if the stream ended without a newline."""
        last = bytes(self._rest)
        self._rest.clear()
        return [self._line(last, len(last))] if last else []

    def _lines(self, block: bytes) -> list[str]:
        if _has_long_line(block, self._longest):
            return self._some_long(block)
        self.offset += len(block) + 1
        texts = _decoded(block).split("\n")
        return [_collapsed(text) for text in texts] if b"\r" in block else texts

    def _some_long(self, block: bytes) -> list[str]:
        texts: list[str] = []
        for line in block.split(b"\n"):
            texts += self._cut(line)
            last = bytes(self._rest)
            texts.append(self._line(last, len(last) + 1))
        self._rest.clear()
        return texts

    def _cut(self, line: bytes) -> list[str]:
        """Split what is too long off *line*, which has no newline; keep the remainder."""
        texts: list[str] = []
        start = 0
        while len(line) - start > self._longest:
            size = _cut_size(line[start : start + LIMIT + 1])
            size = self._before_hidden(line, start, size)
            texts.append(self._line(line[start : start + size], size) + CONTINUES)
            start += size
        self._rest = bytearray(line[start:])
        return texts

    def _before_hidden(self, line: bytes, start: int, size: int) -> int:
        """Return *size*, or less if the cut would go through what is hidden."""
        first = max(start, start + size - self._wait)
        near = line[first : start + size + self._wait]
        for mask in self._masks * 2:  # before one thing it may go through another
            cut = start + size - first
            through = (begin for begin, end in mask.whole(near) if begin < cut < end)
            size = max(1, first + next(through, cut) - start)
        return size

    def _line(self, line: bytes, size: int) -> str:
        self.offset += size
        return _text(line)


def _has_long_line(block: bytes, longest: int) -> bool:
    """Look once every *longest* bytes for a newline, not at every line."""
    start = 0
    while len(block) - start > longest:
        newline = block.rfind(b"\n", start, start + longest + 1)
        if newline < 0:
            return True
        start = newline + 1
    return False


def _cut_size(window: bytes) -> int:
    """Return how many of `LIMIT` + 1 bytes without a newline make the next piece.

    A progress bar is cut between two of its states, other text between two characters.
    """
    states, separator, _ = window[:LIMIT].rpartition(b"\r")
    if separator and states.strip():
        return len(states) + 1
    for size in range(LIMIT, LIMIT - 4, -1):
        if window[size] & 0xC0 != 0x80:  # not the middle of a UTF-8 sequence
            return size
    return LIMIT


def _text(line: bytes) -> str:
    return _collapsed(_decoded(line))


def _decoded(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace")


def _collapsed(text: str) -> str:
    """Return the last state of a line that a script wrote over and over by carriage returns."""
    if "\r" not in text:
        return text
    states = text.removesuffix("\r").split("\r")
    return next((state for state in reversed(states) if state.strip()), "")
