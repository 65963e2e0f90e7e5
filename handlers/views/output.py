"""What a script printed, as people read it."""

from collections.abc import Iterable

from db.model.output import LogLine

MARKS = ("::progress ", "::result ")


def readable(lines: Iterable[LogLine]) -> list[LogLine]:
    """Return *lines* without those only for Ferry: the bar and the end say them in words."""
    return [line for line in lines if not line.text.lstrip().startswith(MARKS)]
