"""Who may do what where."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

EVERYWHERE = 0  #: in place of an environment's id


class Role(StrEnum):
    """What somebody may do; each includes the ones before it."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMIN = "admin"

    @property
    def rank(self) -> int:
        """0 for the least."""
        return list(Role).index(self)


class Holder(StrEnum):
    """Whom a grant is given to."""

    PERSON = "person"
    GROUP = "group"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a role is for."""

    kind: Holder
    id: str = ""  #: user id or user group id; empty for everyone


EVERYONE = Subject(Holder.EVERYONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """A role for a person, a user group or everyone, in an environment or everywhere."""

    id: int
    kind: Holder
    subject: str  #: user id or user group id; empty for everyone
    environment_id: int  #: ``EVERYWHERE`` or an environment's
    role: Role
    granted_by: str
    created_at: datetime

    @property
    def holder(self) -> Subject:
        """Whom it is given to."""
        return Subject(self.kind, self.subject)
