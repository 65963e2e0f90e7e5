r"""``name=value`` words with quotes around values that hold spaces.

Not a shell: outside quotes a backslash is itself, so that patterns like ``\d+`` need no doubling.
Phones and Macs type curly quotes; they count as straight ones.
"""

import re

QUOTED = r"""(?:"(?:[^"\\]|\\.)*"|'[^']*'|[“”„][^“”„]*[“”„])"""  #: a pattern for one quoted value
_WORD = re.compile(
    rf"""(?P<name>[^\s="'“”„]+)(?:=(?P<value>{QUOTED}|[^\s"'“”„]\S*|))?(?=\s|$)\s*"""
)
_ESCAPED = re.compile(r'\\(["\\])')


def split(text: str) -> list[tuple[str, str | None]]:
    """Return the (name, value) pairs of *text*; the value of a word without ``=`` is None.

    Raises ValueError with the part that cannot be read.
    """
    text = text.strip()
    words: list[tuple[str, str | None]] = []
    start = 0
    while start < len(text):
        word = _WORD.match(text, start)
        if word is None:
            raise ValueError(text[start:])
        value = word["value"]
        words.append((word["name"], None if value is None else unquoted(value)))
        start = word.end()
    return words


def unquoted(value: str) -> str:
    """Return *value* without the quotes around it, if there are any."""
    if len(value) < 2 or value[0] not in "\"'“”„":
        return value
    inner = value[1:-1]
    return _ESCAPED.sub(r"\1", inner) if value[0] == '"' else inner
