"""What shows that a yes comes from the person: a code of a device of their own."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondFactor:
    """The secret that a person's authenticator app shares with Ferry, and how it was used."""

    person: str
    secret: str  #: encrypted with Ferry's key
    enrolled_at: datetime | None = None  #: None until the first code was typed
    last_step: int = 0  #: step of time of the last code that was taken
    failures: int = 0  #: wrong codes since the last right one
    locked_until: datetime | None = None
    remembered_until: datetime | None = None  #: until then a yes needs no other code
