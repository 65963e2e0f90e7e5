"""What every service stands on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from db.database import Database
from executor.services.bell import Bell


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The database, the clock, who the first admins are, and the bells to ring after a change."""

    db: Database
    clock: Callable[[], datetime]
    admins: frozenset[str] = frozenset()
    confirm_within: timedelta = timedelta(minutes=30)
    work: Bell = field(default_factory=Bell)  #: something to claim or to cancel
    news: Bell = field(default_factory=Bell)  #: something to tell
