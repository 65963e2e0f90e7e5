"""Durations as people write and read them; one wording for cards, plans, errors and forms."""

import re

from db.model.errors import InvalidInput
from executor.rules.names import quoted

UNITS = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
_SPELLINGS = {
    "d": "d", "day": "d", "days": "d",
    "h": "h", "hour": "h", "hours": "h",
    "m": "min", "min": "min", "mins": "min", "minute": "min", "minutes": "min",
    "s": "s", "sec": "s", "second": "s", "seconds": "s", "": "s",
}  # fmt: skip
_PART = re.compile(r"([0-9]{1,9})\s*([a-z]*)\s*")


def words(seconds: float) -> str:
    """Return *seconds* for a person: ``3 min 12 s``, ``1 h 30 min``, ``2 d 4 h``.

    From a day on the seconds are left out.
    """
    if 0 < seconds < 1:
        return "less than 1 s"
    left = max(0, round(seconds))
    if left >= UNITS["d"]:
        left -= left % UNITS["min"]
    parts = []
    for unit, size in UNITS.items():
        count, left = divmod(left, size)
        if count:
            parts.append(f"{count} {unit}")
    return " ".join(parts) or "0 s"


def parse(text: str) -> int:
    """Return the seconds of ``10m``, ``600``, ``1h 30m`` or what `words` wrote.

    Raises InvalidInput for anything else.
    """
    rest = text.strip().lower()
    parts = _PART.findall(rest)
    sizes = [UNITS[_SPELLINGS[unit]] for _, unit in parts if unit in _SPELLINGS]
    is_whole = len(sizes) == len(parts) and _PART.sub("", rest) == ""
    is_descending = sizes == sorted(set(sizes), reverse=True)
    if not parts or not is_whole or not is_descending:
        message = (
            f"{quoted(text)} is not a duration: write it like 45s, 10m, 1h 30m, or 600 (seconds)."
        )
        raise InvalidInput(message)
    return sum(int(count) * size for (count, _), size in zip(parts, sizes, strict=True))
