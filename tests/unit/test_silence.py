"""Too long without a word; a line that is away says nothing about the script."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import pytest

from executor.silence import Silence

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)


def noon() -> datetime:
    """Return the time of day, which stands still: the count does not lean on it."""
    return NOON


async def test_silence_is_counted_from_the_last_word() -> None:
    """Each word starts it anew; then it says since when."""
    silence = Silence(1, None, noon)
    silence.line(is_away=False)
    began = time.monotonic()
    waiting = asyncio.create_task(silence.too_long())
    await asyncio.sleep(0.6)
    silence.broken()

    since = await asyncio.wait_for(waiting, 5)

    assert time.monotonic() - began >= 1.6
    assert timedelta(seconds=0.9) < NOON - since < timedelta(seconds=1.5)


async def test_silence_before_a_restart_counts_once_the_line_is_there() -> None:
    """Until then what was said meanwhile may still wait on the host; then it gets a moment."""
    silence = Silence(60, NOON - timedelta(minutes=2), noon, catch_up_s=0.3)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.too_long(), 0.7)
    silence.line(is_away=False)
    is_too_long = silence.is_too_long

    since = await asyncio.wait_for(silence.too_long(), 1)

    assert not is_too_long
    assert silence.is_too_long
    assert NOON - since == pytest.approx(timedelta(minutes=1), abs=timedelta(seconds=1))


async def test_while_what_it_says_has_to_wait_nothing_counts() -> None:
    """The database is away: chunks came, and were not asked for any more."""
    silence = Silence(1, None, noon)
    silence.line(is_away=False)
    with silence.held(), pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.too_long(), 1.3)

    assert not silence.is_too_long


async def test_while_what_it_said_is_not_read_nothing_counts() -> None:
    """It waits for the next commit; read, it starts the count anew."""
    silence = Silence(1, NOON - timedelta(minutes=2), noon, catch_up_s=0)
    silence.line(is_away=False)
    silence.heard()
    was_too_long = silence.is_too_long
    silence.broken()

    began = time.monotonic()
    await asyncio.wait_for(silence.too_long(), 3)

    assert not was_too_long
    assert time.monotonic() - began >= 0.9


async def test_what_came_while_something_waited_is_not_read_with_it() -> None:
    """It waits for its own commit, and that for the database."""
    silence = Silence(1, NOON, noon, catch_up_s=0)
    silence.line(is_away=False)
    with silence.held():
        silence.heard()

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.too_long(), 1.6)
    silence.broken()
    await asyncio.wait_for(silence.too_long(), 3)


async def test_without_a_limit_nothing_is_too_long() -> None:
    """Most jobs have none."""
    silence = Silence(None, NOON - timedelta(days=1), noon)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.too_long(), 0.2)


async def test_while_the_line_is_away_nothing_is_too_long() -> None:
    """Once it is back, what was said meanwhile gets time to arrive."""
    silence = Silence(1, NOON - timedelta(minutes=2), noon, catch_up_s=0.9)
    silence.line(is_away=False)
    silence.line(is_away=True)

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.too_long(), 1.2)
    silence.line(is_away=False)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(silence.too_long(), 0.7)
    await asyncio.wait_for(silence.too_long(), 1)


async def test_a_silence_is_over_with_the_next_word() -> None:
    """Whoever waits for that is told."""
    silence = Silence(1, None, noon)
    over = asyncio.create_task(silence.over())
    await asyncio.sleep(0)
    silence.broken()

    await asyncio.wait_for(over, 2)


async def test_a_line_that_is_back_ends_no_silence() -> None:
    """It says nothing of the script, which may be as silent as before."""
    silence = Silence(1, NOON - timedelta(minutes=2), noon, catch_up_s=0.1)
    over = asyncio.create_task(silence.over())
    await asyncio.sleep(0.05)
    silence.line(is_away=False)
    early, _ = await asyncio.wait({over}, timeout=1.2)
    silence.broken()

    await asyncio.wait_for(over, 5)

    assert early == set()
