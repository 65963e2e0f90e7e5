"""Freeze windows: a cron rule in a time zone says when each begins, and how long it lasts.

Cron means what Debian's cron takes it for, daylight saving time included: what would begin in the
hour that is skipped begins right after it, what would begin twice begins once. A window lasts its
minutes as a stopwatch counts them, whatever the clocks do meanwhile.
"""

import itertools
from collections import deque
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from db.model.errors import InvalidInput
from db.model.locks import FreezeDraft
from executor.rules import durations
from executor.rules.names import quoted
from executor.rules.reasons import needed_reason
from executor.rules.zones import zone

Span = tuple[datetime, datetime]
_Stretch = tuple[datetime, datetime, datetime]  # open from the first on, closed between the others
LONGEST = timedelta(days=31)
_MOST_STARTS = 20_000  # looked at to see whether it ever opens
_MOST_JOINED = 1_000  # windows without a break between them, of which the end is looked for


def freeze_draft(
    *, cron: str, lasts: str, time_zone: str, reason: str, now: datetime
) -> FreezeDraft:
    """Return the window as it is stored; InvalidInput names every part that is wrong.

    What never closes and what never opens again is refused as well.
    """
    problems: dict[str, str] = {}

    def checked(name: str, check: Callable[[], str | int]) -> str | int:
        try:
            return check()
        except InvalidInput as error:
            problems[name] = error.message
            return 1

    draft = FreezeDraft(
        cron=str(checked("cron", lambda: _cron(cron, now))),
        minutes=int(checked("lasts", lambda: _minutes(lasts))),
        time_zone=str(checked("time_zone", lambda: zone(time_zone).key)),
        reason=str(checked("reason", lambda: needed_reason(reason))),
    )
    if not problems and _never_opens(draft, now):
        problems["lasts"] = (
            f"It would begin again before its {durations.words(draft.minutes * 60)} are over, so "
            "nothing could ever run: make it shorter, or lock the environment instead."
        )
    if problems:
        raise InvalidInput("The window was not understood:", fields=problems)
    return draft


def spans(window: FreezeDraft, after: datetime) -> Iterator[Span]:
    """Yield from when until when (UTC) *window* is closed, as far as it ends after *after*.

    In order; the first may have begun before. Those without a break between them are one.
    """
    lasts, joined = timedelta(minutes=window.minutes), 0
    starts = _starts(window, after)
    begun = next(starts, None)
    if begun is None:
        return
    ended = begun + lasts
    for start in starts:
        if start <= ended and joined < _MOST_JOINED:
            ended, joined = start + lasts, joined + 1
            continue
        if ended > after:
            yield begun, ended
        begun, ended, joined = start, start + lasts, 0
    if ended > after:
        yield begun, ended


def closed_until(window: FreezeDraft, now: datetime) -> datetime | None:
    """Return when the window that is closed now opens; None if none is.

    The moment at which it begins is in it, the one at which it ends is not.
    """
    known = _known(window.cron, window.minutes, window.time_zone)
    for since, begun, ended in known:
        if since <= now < ended:
            return ended if begun <= now else None
    begun, ended = next(spans(window, now), (now, now))
    known.append((min(begun, now), begun, ended))
    return ended if begun <= now < ended else None


@lru_cache(maxsize=500)
def _known(_cron: str, _minutes: int, _time_zone: str) -> deque[_Stretch]:
    """Return what was found out about that rule: it holds for ever, and is asked at each tick."""
    return deque(maxlen=8)


def _starts(window: FreezeDraft, after: datetime) -> Iterator[datetime]:
    """Yield when it begins, in UTC: once before *after*, and each time from then on."""
    local = ZoneInfo(window.time_zone)
    # Where clocks show an hour twice, cronsim looks back too far; going forth finds what it missed.
    last = next(CronSim(window.cron, after.astimezone(local), reverse=True), after)
    if last is not after:
        yield last.astimezone(UTC)
    for start in CronSim(window.cron, last.astimezone(local)):
        yield start.astimezone(UTC)


def _never_opens(window: FreezeDraft, now: datetime) -> bool:
    lasts = timedelta(minutes=window.minutes)
    starts = list(itertools.islice(_starts(window, now), 2))
    before = starts[0]
    for start in itertools.islice(_starts(window, now), 1, _MOST_STARTS):
        if start - before > lasts:
            return False
        if start - starts[0] > LONGEST:
            return True
        before = start
    return len(starts) > 1


def _cron(text: str, now: datetime) -> str:
    rule = " ".join(text.split())
    why = "it has five parts" if len(rule.split()) != 5 else ""
    try:
        if not why and next(CronSim(rule, now), None) is None:
            why = "that never comes"
    except CronSimError as error:
        why = str(error)
    if why:
        raise InvalidInput(
            f"{quoted(rule)} is not a cron rule ({why}): write minute, hour, day of the month, "
            "month and day of the week, for example `0 18 * * 5` for Fridays at 18:00."
        )
    return rule


def _minutes(text: str) -> int:
    seconds = durations.parse(text)
    if seconds % 60 or not 60 <= seconds <= LONGEST.total_seconds():
        raise InvalidInput(
            f"A window lasts whole minutes, at least 1 and at most {LONGEST.days} days, for "
            f"example 60h; {quoted(text)} is not that."
        )
    return seconds // 60
