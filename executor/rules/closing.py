"""One notion of "closed", whatever closes: by whom, why, and when something starts there again."""

from collections.abc import Collection, Mapping
from dataclasses import asdict, replace
from datetime import UTC, datetime
from typing import Any

from db.model.locks import Closed, FreezeWindow, Lock
from executor.rules.freezes import closed_until
from executor.rules.names import quoted

_NEVER = datetime.max.replace(tzinfo=UTC)
_MOST_IN_A_ROW = 100  # of closings that follow each other, so many are looked past


def closed(
    environment: str, lock: Lock | None, windows: Collection[FreezeWindow], now: datetime
) -> Closed | None:
    """Return what closes *environment* now; None if it is open.

    Of several it is the one that lasts longest; *until* is when nothing closes it any more.
    """
    found = _longest(environment, lock, windows, now)
    if found is None or found.until is None:
        return found
    until = found.until
    for _ in range(_MOST_IN_A_ROW):
        following = _longest(environment, lock, windows, until)
        if following is None:
            return replace(found, until=until)
        if following.until is None:
            break
        until = following.until
    return replace(found, until=None)


def sentence(closed_: Closed) -> str:
    """Return who closed it, until when and why, as errors say it: times are in UTC.

    In the words of the cards, which show the name as text, too.
    """
    until = f" until {closed_.until:%Y-%m-%d %H:%M} UTC" if closed_.until else ""
    by = closed_.by
    who = by.removeprefix("cli:") if by.startswith("cli:") else f"<@{by}>"
    what = "frozen" if closed_.is_freeze else "locked"
    why = quoted(closed_.reason, longest=200)
    return f"{closed_.environment} is {what} by {who}{until}: {why}."


def noted(closed_: Closed | None) -> dict[str, Any]:
    """Return *closed_* as an event of the audit log keeps it; {} if nothing is closed."""
    if closed_ is None:
        return {}
    until = closed_.until.isoformat() if closed_.until else None
    return {"closed": asdict(closed_) | {"until": until}}


def from_note(after: Mapping[str, Any]) -> Closed | None:
    """Return what ``noted`` wrote into *after*; None if there is nothing."""
    if not (note := after.get("closed")):
        return None
    until = datetime.fromisoformat(note["until"]) if note["until"] else None
    return Closed(**{**note, "until": until})


def _longest(
    environment: str, lock: Lock | None, windows: Collection[FreezeWindow], now: datetime
) -> Closed | None:
    found = []
    if lock is not None and lock.is_shut(now):
        by, why = lock.locked_by, lock.reason
        found.append(Closed(environment=environment, by=by, reason=why, until=lock.until))
    found += [
        Closed(
            environment=environment,
            by=one.made_by,
            reason=one.reason,
            until=until,
            is_freeze=True,
        )
        for one in windows
        if (until := closed_until(one, now))
    ]
    return max(found, key=lambda each: each.until or _NEVER, default=None)
