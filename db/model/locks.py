"""What closes an environment: a lock that somebody put on it, or a window that comes back."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """Somebody closed an environment; once it is open again the row tells who opened it, and when.

    From *until* on it is open, whether or not anybody has noted that yet.
    """

    id: int
    environment_id: int
    locked_by: str
    reason: str
    until: datetime | None = None  #: None: until somebody opens it
    opened_by: str | None = None
    opened_at: datetime | None = None
    created_at: datetime

    def is_shut(self, now: datetime) -> bool:
        """Return whether nothing starts there because of it."""
        return self.opened_at is None and (self.until is None or self.until > now)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeDraft:
    """What a person says of a freeze window: *cron* in *time_zone* says when each one begins."""

    cron: str
    minutes: int  #: how long it lasts
    time_zone: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeWindow(FreezeDraft):
    """An environment is closed whenever the window is."""

    id: int
    environment_id: int
    made_by: str
    created_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """Nothing starts in an environment now: by whom, why, and until when."""

    environment: str
    by: str
    reason: str
    until: datetime | None  #: None: nobody knows
    is_freeze: bool = False  #: a window closes it, not a lock
