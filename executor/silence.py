"""How long a script has said nothing; while the line is away nobody can tell, so nothing counts."""

import asyncio
import time
from collections.abc import Callable
from datetime import datetime, timedelta

_LOOK_S = 0.5
_CATCH_UP_S = 15.0  # for what it said meanwhile to arrive, once the line is back


class Silence:
    """Counts from *heard_at* on by a clock that corrections do not move; *limit_s* None: never."""

    def __init__(
        self, limit_s: int | None, heard_at: datetime | None, clock: Callable[[], datetime]
    ) -> None:
        self._limit_s, self._clock = limit_s, clock
        ago = clock() - heard_at if heard_at else timedelta(0)
        self._heard = time.monotonic() - max(0.0, ago.total_seconds())
        self._is_away = False

    def broken(self) -> None:
        """Note that it said something."""
        self._heard = time.monotonic()

    def line(self, *, is_away: bool) -> None:
        """Note that the line to the host was lost, or is back."""
        if self._is_away and not is_away and self._limit_s is not None:
            self._heard = max(self._heard, time.monotonic() - self._limit_s + _CATCH_UP_S)
        self._is_away = is_away

    async def too_long(self) -> datetime:
        """Return since when it says nothing, once that is too long; never without a limit."""
        if self._limit_s is None:
            await asyncio.Event().wait()
            raise AssertionError("unreachable")
        left_s = 1.0
        while left_s > 0 or self._is_away:
            left_s = self._heard + self._limit_s - time.monotonic()
            await asyncio.sleep(max(left_s, _LOOK_S if self._is_away else 0.0))
        return self._clock() - timedelta(seconds=time.monotonic() - self._heard)

    async def over(self) -> None:
        """Return once it has said something again."""
        heard = self._heard
        while self._heard == heard:  # noqa: ASYNC110 - heard many times a second, asked seldom
            await asyncio.sleep(_LOOK_S)
