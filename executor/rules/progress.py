"""How far a script is, read from its output.

A script says it explicitly with lines of its own::

    ::progress 12/40 importing patients
    ::progress 37% importing patients
    ::result created=12 updated=3 file="patients june.csv"

Once it did, only such lines count. Otherwise the job's own pattern is asked, or, where there is
none, ``37%``, ``12/40`` and ``12 of 40`` are taken where they cannot be a date or a ratio.
"""

import math
import re
from collections.abc import Sequence

from db.model.execution import Progress
from executor.rules import quoting
from executor.rules.patterns import compiled

_EXPLICIT = re.compile(
    r"\s*::progress\s+(?:(?P<done>\d{1,12}(?:\.\d+)?)\s*/\s*(?P<total>\d{1,12}(?:\.\d+)?)"
    r"|(?P<percent>\d{1,3}(?:\.\d+)?)\s*%)(?:\s+(?P<words>.*))?\s*"
)
_RESULT = re.compile(r"\s*::result\s+(.*)")
_GUESSED = re.compile(
    r"(?<![\w/.,:+-])(?<!/\s)"
    r"(?:(?P<done>\d{1,9})(?:\s?/\s?|\sof\s)(?P<total>\d{1,9})(?![\w/:%-]|[.,]\d|\s?/)"
    r"|(?P<percent>\d{1,3}(?:[.,]\d{1,3})?)\s?%(?![\w/]))"
)
_BAR = re.compile(r"[\[|(]?[#=>.█▉▊▋▌▍▎▏░▒▓━╸╺─*-]{3,}[\s.]*[\]|)]?")
_EMPTY_BRACKETS = re.compile(r"[(\[|]\s*[)\]|]")
_LOOKED_AT = 400  # characters of a line: what expressions cost may grow with its square
_LONGEST_WORDS = 120
_LONGEST_RESULT = 500


class Reader:
    """Reads the progress of one run; *pattern* is the job's own, or empty.

    A pattern has the groups ``done`` and ``total``, or ``percent``, and perhaps ``words``.
    """

    def __init__(self, pattern: str = "") -> None:
        self._pattern = compiled(pattern) if pattern else None
        self._is_explicit = False

    def read(self, line: str) -> Progress | None:
        """Return the progress that *line* tells, None if it tells none."""
        line = line[:_LOOKED_AT]
        if "::progress" in line and (found := _EXPLICIT.fullmatch(line)):
            progress = _progress(found, words=found["words"] or "")
            self._is_explicit = self._is_explicit or progress is not None
            return progress
        if self._is_explicit:
            return None
        if self._pattern:
            found = self._pattern.search(line)
            return _progress(found, words=found.groupdict().get("words") or "") if found else None
        return _guessed(line) if _may_be_progress(line) else None

    def last(self, texts: Sequence[str], block: str) -> Progress | None:
        """Return the progress that the last of *texts* tells that tells one.

        *block*: the same lines, joined by newlines; most blocks can tell none, or soon do from
        their end on, and cost one look instead of one a line.
        """
        if "::progress" in block:
            explicit = [progress for text in texts if (progress := self.read(text))]
            return explicit[-1] if explicit else None
        if self._is_explicit or not (self._pattern or _may_be_progress(block)):
            return None
        return next((told for text in reversed(texts) if (told := self.read(text))), None)


def read_result(line: str) -> dict[str, str]:
    """Return what ``::result k=v …`` says; empty for every other line."""
    found = _RESULT.fullmatch(line) if "::result" in line else None
    if not found:
        return {}
    try:
        words = quoting.split(found[1])
    except ValueError:
        words = [(name, value) for name, _, value in (w.partition("=") for w in found[1].split())]
    return {name[:40]: value[:_LONGEST_RESULT] for name, value in words if value is not None}


def _may_be_progress(text: str) -> bool:
    return "%" in text or "/" in text or " of " in text  # most has none: spare it the search


def _guessed(line: str) -> Progress | None:
    for found in _GUESSED.finditer(line):
        if progress := _progress(found, words=_words_around(line, found)):
            return progress
    return None


def _progress(found: re.Match[str], *, words: str) -> Progress | None:
    groups = found.groupdict()
    percent = groups.get("percent")
    try:
        done = _number(percent or groups.get("done"))
        total = 100.0 if percent else _number(groups.get("total"))
    except ValueError:
        return None
    if total <= 0 or not 0 <= done <= total or math.isinf(total):
        return None
    return Progress(done=done, total=total, words=words.strip()[:_LONGEST_WORDS])


def _number(text: str | None) -> float:
    return float((text or "").replace(",", "."))


def _words_around(line: str, found: re.Match[str]) -> str:
    around = f"{line[: found.start()]} {line[found.end() :]}"
    bare = _EMPTY_BRACKETS.sub(" ", _BAR.sub(" ", around))
    return " ".join(bare.split()).strip("|:,;- ")
