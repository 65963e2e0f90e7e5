"""What was measured: rows with their ratio to one of them, bars, a table to read, JSON to keep."""

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that was measured, once or by turns with others."""

    name: str
    unit: str
    samples: tuple[float, ...]

    @property
    def value(self) -> float:
        """The median of the samples."""
        return statistics.median(self.samples)


@dataclass(frozen=True, slots=True)
class Bar:
    """What is wanted of a value: at most, or at least, *limit*."""

    words: str
    value: float
    limit: float
    is_most: bool = True

    @property
    def is_reached(self) -> bool:
        """Tell whether the value is good enough."""
        return self.value <= self.limit if self.is_most else self.value >= self.limit

    @property
    def line(self) -> str:
        """The bar as a person reads it."""
        sign = "≤" if self.is_most else "≥"
        told = "reached    " if self.is_reached else "NOT REACHED"
        value, limit = (f"{each:,.3f}".rstrip("0").rstrip(".") for each in (self.value, self.limit))
        return f"{told}  {self.words}: {value} ({sign} {limit})"


@dataclass(slots=True)
class Section:
    """One table; every ratio in it is to the row named *base*."""

    title: str
    base: str = ""
    rows: list[Row] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, name: str, unit: str, samples: Sequence[float]) -> Row:
        """Add a row and return it."""
        row = Row(name, unit, tuple(samples))
        self.rows.append(row)
        return row

    def value(self, name: str) -> float:
        """Return the value of the row *name*."""
        return self._row(name).value

    def against(self, name: str, other: str) -> float:
        """Return how many times the row *other* the row *name* is: the median over the turns.

        A machine that is slow for a while is slow for both.
        """
        pairs = zip(self._row(name).samples, self._row(other).samples, strict=True)
        return statistics.median(one / two for one, two in pairs)

    def ratio(self, row: Row) -> float | None:
        """Return how many times the base it is; None where the units differ."""
        if not self.base or self._row(self.base).unit != row.unit:
            return None
        return self.against(row.name, self.base)

    def _row(self, name: str) -> Row:
        return next(row for row in self.rows if row.name == name)

    def text(self) -> str:
        """Return the table."""
        width = max(len(row.name) for row in self.rows)
        lines = [self.title, "─" * len(self.title)]
        for row in self.rows:
            ratio = self.ratio(row)
            told = f"{ratio:8.2f} x" if ratio is not None else " " * 10
            low, high = number(min(row.samples)), number(max(row.samples))
            spread = f"  ({low} … {high}, n={len(row.samples)})" if len(row.samples) > 1 else ""
            lines.append(f"{row.name:<{width}}  {number(row.value):>9} {row.unit:<9}{told}{spread}")
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)]) + "\n"

    def as_dict(self) -> dict[str, Any]:
        """Return everything, for JSON."""
        rows = [{**asdict(row), "median": row.value, "ratio": self.ratio(row)} for row in self.rows]
        bars = [{**asdict(bar), "is_reached": bar.is_reached} for bar in self.bars]
        return {
            "title": self.title,
            "base": self.base,
            "rows": rows,
            "bars": bars,
            "notes": self.notes,
        }


def number(value: float) -> str:
    """Return *value* with about three digits that mean something."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the smallest of *values* that *percent* of them do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-len(ordered) * percent // 100) - 1))]
