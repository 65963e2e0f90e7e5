"""What every service stands on."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_bytes

from db.database import Database
from db.model.keys import Keys, keys_of
from executor.services.bell import Bell


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The database, the clock, the first admins, Ferry's keys, and the bells to ring."""

    db: Database
    clock: Callable[[], datetime]
    admins: frozenset[str] = frozenset()
    keys: Keys = field(default_factory=lambda: keys_of(token_bytes(32)))
    confirm_within: timedelta = timedelta(minutes=30)
    work: Bell = field(default_factory=Bell)  #: something to claim or to cancel
    news: Bell = field(default_factory=Bell)  #: something to tell
    looks: Bell = field(default_factory=Bell)  #: a host to look at
    locks: Bell = field(default_factory=Bell)  #: something to announce
