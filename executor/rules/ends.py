"""When a lock ends, as people write it: ``for 2h``, ``until 18:00``, ``until tomorrow 9:00``."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from db.model.errors import InvalidInput
from executor.rules import durations
from executor.rules.names import quoted

LONGEST = timedelta(days=366)
EXAMPLES = "`for 2h`, `until 18:00` or `until tomorrow 9:00`"
_DURATION = re.compile(r"([0-9]{1,9}\s*[a-z]+\s*)+")
_TIME = re.compile(r"([0-9]{1,2})(?::([0-9]{2}))?(am|pm|h)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_DAYS = ("today", "tomorrow")
_WORDS_OF_A_DURATION = 4


def split_end(
    words: Sequence[str], now: datetime, zone: ZoneInfo
) -> tuple[datetime | None, list[str]]:
    """Return the end (UTC) that *words* begin with, None if they name none, and the words after it.

    Times are of *zone*. InvalidInput for an end that is none, is over, or is too far away; words
    that only begin like one ("until the release is out") name none.
    """
    first = words[0].lower() if words else ""
    if first == "for" and words[1:] and words[1][0].isdigit():
        seconds, rest = _duration(words[1:])
        lasts = timedelta(seconds=min(seconds, 2 * LONGEST.total_seconds()))
        return _checked(now + lasts, now, zone), rest
    if first == "until" and words[1:] and _begins_a_time(words[1]):
        until, rest = _moment(list(words[1:]), now, zone)
        return _checked(until, now, zone), rest
    return None, list(words)


def end_of(text: str, now: datetime, zone: ZoneInfo) -> datetime | None:
    """Return the end that a field says, with or without its ``for`` or ``until``; None: empty."""
    words = text.lower().split()
    if not words:
        return None
    for before in ([], ["for"], ["until"]):
        try:
            until, rest = split_end([*before, *words], now, zone)
        except InvalidInput:
            if before == ["until"]:
                raise
            continue
        if until is not None and not rest:
            return until
        if until is not None:
            break
    raise InvalidInput(f"{quoted(text)} is not an end: write it like {EXAMPLES}.")


def _duration(words: Sequence[str]) -> tuple[int, list[str]]:
    for count in range(min(len(words), _WORDS_OF_A_DURATION), 0, -1):
        text = " ".join(words[:count]).lower()
        if not _DURATION.fullmatch(text):
            continue
        try:
            return durations.parse(text), list(words[count:])
        except InvalidInput:
            continue
    raise InvalidInput(f"{quoted(words[0])} is not a duration: write it like {EXAMPLES}.")


def _begins_a_time(word: str) -> bool:
    return word[0].isdigit() or word.lower() in _DAYS


def _moment(words: list[str], now: datetime, zone: ZoneInfo) -> tuple[datetime, list[str]]:
    today = now.astimezone(zone).date()
    day = _day(words[0], today)
    if day is not None:
        words = words[1:]
    at = _time(words[0]) if words else None
    if at is None:
        said = quoted(words[0]) if words else "That"
        raise InvalidInput(f"{said} is not a time of day: write it like {EXAMPLES}.")
    words = words[1:]
    if day is None and words and (day := _day(words[0], today)) is not None:
        words = words[1:]
    return datetime.combine(day or today, at, tzinfo=zone).astimezone(UTC), words


def _day(word: str, today: date) -> date | None:
    if word.lower() in _DAYS:
        return today + timedelta(days=_DAYS.index(word.lower()))
    if not _DATE.fullmatch(word):
        return None
    try:
        return min(date.fromisoformat(word), today + 2 * LONGEST)
    except ValueError:
        raise InvalidInput(f"{quoted(word)} is not a day: write it like 2026-12-31.") from None


def _time(word: str) -> time | None:
    found = _TIME.fullmatch(word.lower())
    if not found or not (found[2] or found[3]):
        return None
    hour, minute = int(found[1]), int(found[2] or 0)
    if found[3] in {"am", "pm"}:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if found[3] == "pm" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _checked(until: datetime, now: datetime, zone: ZoneInfo) -> datetime:
    if until <= now:
        here = now.astimezone(zone)
        raise InvalidInput(
            f"That end is over already: it is {here:%H:%M} on {here:%Y-%m-%d} ({zone.key}). Write "
            "it like `for 2h` or `until tomorrow 9:00`."
        )
    if until - now > LONGEST:
        raise InvalidInput(
            f"A lock ends within {LONGEST.days} days, or when somebody opens it: leave the end out."
        )
    return until
