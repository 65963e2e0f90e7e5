"""How loud a line of output is, told from its stream and its first words."""

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import re2

from db.model.output import Level, Stream

# A timestamp or a bracket may stand before the word; the bound keeps odd lines cheap.
_MARKER = re.compile(
    r"[\d\s:.,TZ/+\-\[\](<|]{0,48}"
    r"(?:(?P<error>error|err|fatal|critical|panic|emerg|alert)|(?P<warning>warning|warn)"
    r"|(?P<info>info|debug|trace|notice|verbose))\b(?![-/=])",
    re.IGNORECASE,
)
_LOOKS_LIKE_ERROR = re.compile(
    r"\b\w*(?:Error|Exception)\b|\b(?:error|fatal|panic):|^Traceback \(most recent"
    r"|command not found|: not found$|[Nn]o such file|[Pp]ermission denied|[Ss]egmentation fault"
    r"|No space left"
)
# Looking for these first spares most lines the expression, which costs ten times as much.
_TELLTALE = (
    "rror",
    "xception",
    "fatal:",
    "panic:",
    "Traceback",
    "not found",
    "o such file",
    "ermission denied",
    "egmentation fault",
    "No space",
)
_FAST = re2.Options()
_FAST.case_sensitive = False
_FAST.encoding = re2.Options.Encoding.LATIN1  # of bytes as they are
# A block of output without any of these is not even looked at line by line. RE2 finds all of them
# in one go, several times as fast as ``in`` finds one after the other. The odd letters are those
# that an expression takes for an ASCII one when it ignores case.
_LOUD = ("err", "warn", "fatal", "critical", "panic", "emerg", "alert")
_QUIET = ("info", "debug", "trace", "notice", "verbose")
_ODD = ("\u0130", "\u0131", "\u017f", "\u212a")
_MAY_TELL = MappingProxyType(
    {
        Stream.OUT: re2.compile("|".join(_LOUD).encode(), _FAST),
        Stream.ERR: re2.compile("|".join(_LOUD + _QUIET + _TELLTALE).encode(), _FAST),
    }
)
_LOOKED_AT = 300
_BY_GROUP: Mapping[str | None, Level] = MappingProxyType(
    {"error": Level.ERROR, "warning": Level.WARNING, "info": Level.INFO}
)


def level_of(stream: Stream, text: str) -> Level:
    """Return the level of a line: its own word if it begins with one.

    Otherwise stdout and notes are info; stderr is a warning, or an error if it looks like one.
    """
    if marker := _MARKER.match(text):
        return _BY_GROUP[marker.lastgroup]
    if stream is not Stream.ERR:
        return Level.INFO
    head = text[:_LOOKED_AT]
    if any(word in head for word in _TELLTALE) and _LOOKS_LIKE_ERROR.search(head):
        return Level.ERROR
    return Level.WARNING


def levels_of(stream: Stream, texts: Sequence[str], block: str) -> list[Level]:
    """Return the level of each of *texts*; *block*: the same lines, joined by newlines."""
    may_tell = _MAY_TELL[Stream.ERR if stream is Stream.ERR else Stream.OUT]
    if may_tell.search(block.encode("utf-8", "replace")) or any(odd in block for odd in _ODD):
        return [level_of(stream, text) for text in texts]
    return [Level.WARNING if stream is Stream.ERR else Level.INFO] * len(texts)
