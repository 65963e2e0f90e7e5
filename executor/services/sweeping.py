"""Sweeps: what is due is done in portions, so that leases and lines are stored in between."""

from collections.abc import Awaitable, Callable

from db.repos import Repos
from executor.services.ground import Ground

PORTION = 50  # SQLite has one writer, and each takes some milliseconds

_Find = Callable[[Repos, int, int], Awaitable[list[int]]]
_Work = Callable[[Repos, int], Awaitable[bool]]


async def swept(ground: Ground, find: _Find, work: _Work) -> int:
    """Do *work* for every number that is due; return for how many there was something to do.

    *find* returns the first numbers above one, so many at most, in order. What was done is news.
    """
    done, after, is_over = 0, 0, False
    while not is_over:
        async with ground.db.begin() as repos:
            numbers = await find(repos, after, PORTION)
            for number in numbers:
                done += await work(repos, number)
        is_over = len(numbers) < PORTION
        after = max(numbers, default=after)
    if done:
        ground.news.ring()
    return done
