"""Values that must not be read in a text: found however they are spelled, and written over.

One compiled expression (RE2) says whether a whole block of lines holds anything; only then is each
line looked at. So it costs a run with secrets little, and a run without them nothing.
"""

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

import re2

from executor.rules.spellings import (
    LONGEST_ESCAPE,
    WINDOW,
    as_bytes,
    spelled,
    stride,
    windows,
)

MASK = "•••"
SHORTEST = 4  #: characters; what is shorter stands in too many words
_TELLING = 8  # characters
_MEMORY = 256 * 1024 * 1024  # bytes; RE2 takes a small part of it, but is slow where it is short
_LONGEST_WAIT = 64 * 1024  # bytes for which a long line waits, so that no value is cut
_RUN = r"[A-Za-z0-9+/_%\\-]*"  # what encoded text is made of: all of it goes

Span = tuple[int, int]


class _Value:
    """One value; what finds it is compiled when something of it was found for the first time."""

    def __init__(self, value: str, shown: str, *, any_case: bool) -> None:
        self.shown = shown
        self._any_case = any_case
        if len(value) >= SHORTEST:
            self._spelled = spelled(value)
            self._pieces = "|".join(str(re2.escape(piece)) for piece in sorted(windows(value)))
        else:
            ends = (value[0], value[-1])
            before, after = (r"\b" if re2.fullmatch(r"\w", end) else "" for end in ends)
            self._spelled, self._pieces = f"{before}{spelled(value)}{after}", ""
        self._reach = stride(2 * len(as_bytes(value)), 2 * WINDOW) + 2 * WINDOW + 1

    @property
    def patterns(self) -> list[str]:
        """What tells that there may be something of it."""
        return [self._spelled, *filter(None, [self._pieces])]

    def found(self, data: bytes) -> list[Span]:
        """Return where it is in *data*; of encoded text that holds it all is meant."""
        both = (self._escaped, self._encoded)
        return [found.span() for each in both if each for found in each.finditer(data)]

    def whole(self, data: bytes) -> list[Span]:
        """Return what of *data* may not be cut."""
        spans: list[Span] = [found.span() for found in self._escaped.finditer(data)]
        if self._piece:
            pieces = (found.span() for found in self._piece.finditer(data))
            spans += [(start - 1, end + self._reach) for start, end in pieces]
        return spans

    @cached_property
    def _escaped(self) -> Any:
        return _compiled(self._spelled, any_case=self._any_case)

    @cached_property
    def _encoded(self) -> Any:
        return _compiled(f"{_RUN}(?:{self._pieces}){_RUN}=*") if self._pieces else None

    @cached_property
    def _piece(self) -> Any:
        return _compiled(self._pieces) if self._pieces else None


class Mask:
    """Writes something else over each of *values*: what it is shown as.

    One that is shorter than ``SHORTEST`` is only found as a word of its own.
    """

    def __init__(self, values: Mapping[str, str], *, any_case: bool = False) -> None:
        given = {value: shown for value, shown in values.items() if value.strip()}
        self._values = [_Value(value, shown, any_case=any_case) for value, shown in given.items()]
        ways = [pattern for value in self._values for pattern in value.patterns]
        self._any = _compiled("|".join(ways), any_case=any_case) if ways else None
        longest = max((len(as_bytes(value)) for value in given), default=0)
        #: bytes that the longest of them may take, escaped or encoded
        self.longest = min(LONGEST_ESCAPE * longest + 4 * WINDOW, _LONGEST_WAIT)

    def __bool__(self) -> bool:
        """Whether there is anything to hide."""
        return self._any is not None

    def finds(self, text: str) -> bool:
        """Return whether any of the values stands in *text*."""
        return self._any is not None and self._any.search(_bytes(text)) is not None

    def text(self, text: str) -> str:
        """Return *text* with every spelling of the values written over."""
        data = _bytes(text)
        if self._any is None or self._any.search(data) is None:
            return text
        spans = [(*span, one.shown) for one in self._values for span in one.found(data)]
        parts, end = [], 0
        for start, stop, shown in sorted(spans):
            if start >= end:
                parts += [data[end:start], shown.encode()]
            end = max(end, stop)
        return b"".join([*parts, data[end:]]).decode("utf-8", "surrogatepass")

    def lines(self, texts: list[str]) -> list[str]:
        """Return *texts*, each with the values written over."""
        return [self.text(text) for text in texts]

    def whole(self, data: bytes) -> list[Span]:
        """Return the parts of *data* that must not be cut: halves of a value cannot be found."""
        if self._any is None or self._any.search(data) is None:
            return []
        return _merged([span for one in self._values for span in one.whole(data)])


def of_secrets(secrets: Iterable[str]) -> Mask:
    """Return the mask for *secrets*; of a key file each line is one, too, if it tells anything."""
    values = [value.strip() for value in secrets]
    lines = (line.strip() for value in values for line in value.splitlines())
    telling = (line for line in lines if len(line) >= _TELLING)  # others are brackets and such
    return Mask(dict.fromkeys((*values, *telling), MASK))


def is_too_short(secret: str) -> bool:
    """Return whether *secret* is so short that it could not be hidden; blank is nothing to hide."""
    return 0 < len(secret.strip()) < SHORTEST


def _compiled(pattern: str, *, any_case: bool = False) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.longest_match = True
    options.max_mem = _MEMORY
    options.case_sensitive = not any_case
    return re2.compile(pattern, options)


def _merged(spans: list[Span]) -> list[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start < merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
