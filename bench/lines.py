"""The lines that are written, everywhere the same: about 110 bytes, as migrations print them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

COLUMNS = ("execution_id", "line_no", "attempt", "stream", "log_level", "logged_at", "text")
Values = tuple[int, int, int, str, str, str, str]
_WORDS = "imported: name, birth date, 12 appointments, 3 documents, nothing left out"
_NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def text(number: int) -> str:
    """Return line *number*, without the newline."""
    return f"2026-03-14 12:00:00 patient {number:07d} {_WORDS}"


def write_file(path: Path, count: int) -> Path:
    """Write *count* lines into a file that everybody may read."""
    path.write_text("".join(f"{text(number)}\n" for number in range(1, count + 1)))
    path.chmod(0o644)
    return path


def tuples(count: int) -> list[Values]:
    """Return rows of ``migration_logs`` as a driver takes them, in the order of COLUMNS."""
    moment = f"{_NOON:%Y-%m-%d %H:%M:%S.%f}"
    return [(1, number, 1, "out", "info", moment, text(number)) for number in range(1, count + 1)]


def row(execution_id: int, number: int) -> dict[str, Any]:
    """Return a row of ``migration_logs`` as SQLAlchemy Core takes it."""
    values = (execution_id, number, 1, "out", "info", _NOON, text(number))
    return dict(zip(COLUMNS, values, strict=True))
