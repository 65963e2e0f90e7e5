"""Whether the audit log is as it was written: pure, over its events in the order of their numbers.

Each event carries the hash of the one before and a hash of itself, made with Ferry's key. The
first thing that does not fit is told with its place; everything before it is good.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from db.model.audit import AuditEvent, Head, chained, content, key_check
from db.model.errors import InvalidInput

_NOTED = re.compile(r"([0-9]{1,15}):([0-9a-f]{12,64})")
_OF_RUNS = ("execution.", "value.")
_MOVED_BY = 10_000  # so far away from its place an event is looked for


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A row whose content no event can be made of."""

    id: int


@dataclass(frozen=True, slots=True)
class Noted:
    """A head that somebody wrote down elsewhere; of the hash its beginning will do."""

    id: int
    hash: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of it: *count* events are good; *fault* says what is not, empty if all is well."""

    count: int
    head: str
    fault: str = ""


def noted_head(text: str) -> Noted:
    """Return the head in ``12000:ab12…``, as ``ferry audit verify`` printed it."""
    found = _NOTED.fullmatch(text.strip().rstrip("…").lower())
    if not found:
        raise InvalidInput(
            f"“{text[:80]}” is not a head of the audit log.",
            hint="Give it as `ferry audit verify` printed it: 12000:ab12cd34ef56 (a number, a "
            "colon, at least 12 digits of the hash).",
        )
    return Noted(int(found[1]), found[2])


def is_genuine(event: AuditEvent | Unreadable, key: bytes) -> bool:
    """Return whether *event* is as somebody with *key* wrote it."""
    if isinstance(event, Unreadable):
        return False
    try:
        return chained(event, key) == event.hash
    except (TypeError, ValueError, AttributeError):  # a value of a kind that Ferry never writes
        return False


def json_line(event: AuditEvent) -> str:
    """Return *event* as a line of JSON: all that its hash is made of, and the hash."""
    return json.dumps(content(event) | {"hash": event.hash}, sort_keys=True) + "\n"


class Chain:
    """Takes the events one after the other, from the very first on."""

    def __init__(self, key: bytes, noted: Noted | None = None) -> None:
        self._key, self._noted = key, noted
        self._last: AuditEvent | None = None
        self._suspect: AuditEvent | Unreadable | None = None
        self._fault = ""

    @property
    def is_over(self) -> bool:
        """Whether a fault was found: what comes after it says nothing."""
        return bool(self._fault)

    def follow(self, event: AuditEvent | Unreadable) -> None:
        """Look at the next event."""
        if self._fault:
            return
        if self._suspect is not None:  # it takes the one after it to tell what was done to it
            self._fault = self._diagnosis(self._suspect, event)
        elif self._fits(event):
            assert isinstance(event, AuditEvent)  # noqa: S101
            self._last = event
            if self._noted and event.id == self._noted.id:
                self._check_noted(event)
        else:
            self._suspect = event

    def end(self, head: Head | None) -> Verdict:
        """Return the verdict, with the end of the log as it is kept apart from the events."""
        if self._suspect is not None and not self._fault:
            self._fault = self._beyond(head) or self._diagnosis(self._suspect, None)
        if not self._fault:
            self._fault = self._end_fault(head)
        if not self._fault and self._noted and self._noted.id > self._count:
            self._fault = (
                f"The log ends with event {self._count}, before the one that was noted "
                f"({self._noted.id}): it was set back to an older copy."
            )
        return Verdict(self._count, f"{self._count}:{self._hash}", self._fault)

    @property
    def _count(self) -> int:
        return self._last.id if self._last else 0

    @property
    def _hash(self) -> str:
        return self._last.hash if self._last else ""

    def _fits(self, event: AuditEvent | Unreadable) -> bool:
        return (
            isinstance(event, AuditEvent)
            and event.id == self._count + 1
            and event.previous == self._hash
            and is_genuine(event, self._key)
        )

    def _check_noted(self, event: AuditEvent) -> None:
        assert self._noted is not None  # noqa: S101
        if not event.hash.startswith(self._noted.hash):
            self._fault = (
                f"{place(event)}: it is not the event that was noted: this log is another copy, "
                "which went its own way before that."
            )

    def _diagnosis(
        self, event: AuditEvent | Unreadable, following: AuditEvent | Unreadable | None
    ) -> str:
        """Return what was done to *event*, as far as it can be told."""
        expected = self._count + 1
        if event.id > expected:
            return f"{_numbers(expected, event.id - 1)} deleted."
        if event.id < expected:
            return f"{place(event)}: Ferry did not write it; its first event is number 1."
        return f"{place(event)}: {self._deed(event, following)}."

    def _deed(
        self, event: AuditEvent | Unreadable, following: AuditEvent | Unreadable | None
    ) -> str:
        """Return what was done to *event*, which has the number that was to be expected."""
        if isinstance(event, Unreadable):
            return "it cannot be read any more, so it was changed"
        if is_genuine(event, self._key):
            return (
                "Ferry wrote it, but after another event than the one that stands before it now: "
                "the events before it were replaced"
            )
        if number := self._written_as(event):
            return (
                f"it was written as event {number}: event {event.id} was deleted, "
                "or the order was changed"
            )
        if isinstance(following, AuditEvent) and self._was(following, event.id):
            return "Ferry did not write it: it was put in between afterwards"
        return "its content was changed after it was written"

    def _was(self, event: AuditEvent, number: int) -> bool:
        return is_genuine(replace(event, id=number), self._key)

    def _written_as(self, event: AuditEvent) -> int:
        """Return the number that *event* was written with; 0 if it cannot be found."""
        around = range(max(1, event.id - _MOVED_BY), event.id + _MOVED_BY)
        return next((number for number in around if self._was(event, number)), 0)

    def _beyond(self, head: Head | None) -> str:
        """Return that the suspect stands behind the end; empty if it does not."""
        suspect = self._suspect
        if suspect is None or head is None or self._count != head.last_id:
            return ""
        if self._hash != head.hash or suspect.id <= head.last_id:
            return ""
        return f"{place(suspect)}: Ferry did not write it: the log ends with event {head.last_id}."

    def _end_fault(self, head: Head | None) -> str:
        if head is None:
            return "The end of the log (the row in audit_head) was deleted."
        if head.last_id > self._count:
            return f"{_numbers(self._count + 1, head.last_id)} deleted: the end was cut off."
        mark = key_check(self._key) if self._last else head.key_check
        if (head.last_id, head.hash, head.key_check) != (self._count, self._hash, mark):
            return (
                "The end of the log (the row in audit_head) was changed: it says "
                f"{head.last_id}:{head.hash[:12]}, and the events end with "
                f"{self._count}:{self._hash[:12]}."
            )
        return ""


def check_key(first: Sequence[AuditEvent | Unreadable], head: Head | None, key: bytes) -> None:
    """Raise InvalidInput if the log was not begun with *key*, as far as its *first* events tell."""
    if head is None or head.key_check in {"", key_check(key)}:
        return
    if not any(is_genuine(event, key) for event in first):
        raise InvalidInput(
            "Ferry's key file is another one than the audit log was begun with, so the log cannot "
            "be verified: that says nothing about whether it was changed.",
            hint="Name the key file that was used when this database was new: FERRY_KEY_FILE.",
        )


def place(event: AuditEvent | Unreadable) -> str:
    """Return which event that is, by what is known of it now."""
    if isinstance(event, Unreadable):
        return f"Event {event.id}"
    what = f" of {subject(event)}" if event.subject else ""
    return f"Event {event.id} ({event.verb}{what}, {event.created_at:%Y-%m-%d %H:%M})"


def subject(event: AuditEvent) -> str:
    """Return what it happened to, a run by its number as people write it: ``#128``."""
    said = str(event.subject)  # a row that was tampered with may hold anything
    is_run = said.isdecimal() and str(event.verb).startswith(_OF_RUNS)
    return f"#{said}" if is_run else said


def _numbers(first: int, last: int) -> str:
    return f"Event {first} was" if first == last else f"Events {first} to {last} were"
