"""What is counted over all rounds of a fault, and the table that says it at the end."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass

#: What must be nought for a round to pass.
BARS = {
    "lost": "lines lost",
    "doubled": "lines doubled",
    "wrong": "lines out of order or number",
    "offsets": "offsets that are not the size of the file",
    "ends": "wrong ends",
    "twice": "scripts not run exactly once",
    "left": "processes left",
    "cards": "cards that are not one, or not true",
    "posts": "posts missing or said twice",
}


@dataclass(slots=True)
class Tally:
    """One round: what was done to it, what was compared, and what was found wrong."""

    faults: int = 0
    runs: int = 0
    lines: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    offsets: int = 0
    ends: int = 0
    twice: int = 0
    left: int = 0
    cards: int = 0
    posts: int = 0

    def found(self) -> dict[str, int]:
        """Return what must be nought and is not, in words."""
        return {words: count for name, words in BARS.items() if (count := getattr(self, name))}

    def as_dict(self) -> dict[str, int]:
        """Return the figures by name, to be carried from one process of pytest to the other."""
        return asdict(self)


def table(rounds: Iterable[tuple[str, bool, Mapping[str, int]]]) -> list[str]:
    """Return the table of *rounds*: the fault's name, whether the round passed, its figures."""
    sums: dict[str, dict[str, int]] = {}
    for fault, passed, figures in rounds:
        row = sums.setdefault(fault, dict.fromkeys(["rounds", "failed", *figures], 0))
        row["rounds"] += 1
        row["failed"] += not passed
        for name, count in figures.items():
            row[name] += count
    if not sums:
        return []
    names = list(next(iter(sums.values())))
    total = {name: sum(row[name] for row in sums.values()) for name in names}
    rows = [["fault", *names]]
    rows += [[fault, *(f"{row[name]:,}" for name in names)] for fault, row in sums.items()]
    rows.append(["all", *(f"{total[name]:,}" for name in names)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]) for row in rows
    ]
