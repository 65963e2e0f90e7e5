"""What a run prints: lines, and the blocks in which they come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Stream(StrEnum):
    """Where a line came from; ``note`` is Ferry's own remark in the log."""

    OUT = "out"
    ERR = "err"
    NOTE = "note"


class Level(StrEnum):
    """How loud a line is."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of output; *number* counts from 1 within the execution and never changes."""

    execution_id: int
    attempt: int
    number: int
    stream: Stream
    level: Level
    logged_at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Block:
    """Lines of one stream that came together: on their way in they are never objects of their own.

    They are numbered from *first* on; *texts* and *levels* are equally long.
    """

    execution_id: int
    attempt: int
    first: int
    stream: Stream
    logged_at: datetime
    levels: list[Level]
    texts: list[str]
