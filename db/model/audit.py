"""What happened, and the chain that shows whether anybody changed it afterwards."""

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any

FERRY = "ferry"  #: the actor of what nobody asked for: a worker, a timer


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEvent:
    """Who did what to what, before and after."""

    id: int
    created_at: datetime
    actor: str  #: a Slack user id, ``cli:<login>``, or ``ferry``
    verb: str  #: ``<noun>.<what happened>``, for example ``execution.queued``
    subject: str = ""  #: what it happened to: a number, a name
    environment: str = ""  #: name of the environment, empty if it is about none
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""
    previous: str  #: hash of the event before; empty for the first
    hash: str = ""


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the chain as it is kept apart from the events: the last one, and which key."""

    last_id: int
    hash: str
    key_check: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which events are wanted; what is empty asks nothing."""

    subject: str = ""
    actor: str = ""
    environment: str = ""
    verbs: tuple[str, ...] = ()  #: any of them
    since: datetime | None = None  #: not before that moment
    until: datetime | None = None  #: before that moment
    after_id: int = 0  #: numbers above this one


_CONTENT = tuple(item.name for item in fields(AuditEvent) if item.name != "hash")


def chained(event: AuditEvent, key: bytes) -> str:
    """Return the HMAC-SHA256 (64 hex digits) over all of *event* but its own hash."""
    canonical = json.dumps(content(event), sort_keys=True, separators=(",", ":"))
    return hmac.new(key, canonical.encode("ascii"), hashlib.sha256).hexdigest()


def content(event: AuditEvent) -> dict[str, Any]:
    """Return all of *event* but its own hash as plain JSON: what the hash is made of."""
    said: dict[str, Any] = {name: getattr(event, name) for name in _CONTENT}
    said["created_at"] = event.created_at.astimezone(UTC).isoformat(timespec="microseconds")
    said["before"], said["after"] = dict(event.before), dict(event.after)
    return said


def key_check(key: bytes) -> str:
    """Return 16 hex digits that tell two keys apart and give neither away."""
    return hmac.new(key, b"which key is this?", hashlib.sha256).hexdigest()[:16]
