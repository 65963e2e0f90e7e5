"""How long a script has said nothing; while nobody can hear it nothing counts."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

_LOOK_S = 0.5
_CATCH_UP_S = 15.0  # for what it said meanwhile to arrive, once the line is back


class Silence:
    """Counts from *heard_at* on by a clock that corrections do not move; *limit_s* None: never.

    At first the line is away: what was said since *heard_at* may still wait on the host.
    """

    def __init__(
        self,
        limit_s: int | None,
        heard_at: datetime | None,
        clock: Callable[[], datetime],
        *,
        catch_up_s: float = _CATCH_UP_S,
    ) -> None:
        self._limit_s, self._clock, self._catch_up_s = limit_s, clock, catch_up_s
        ago = clock() - heard_at if heard_at else timedelta(0)
        self._heard = time.monotonic() - max(0.0, ago.total_seconds())
        self._is_away = True
        self._is_unread = False
        self._held = 0
        self._words = 0  # how often it said something

    @property
    def is_too_long(self) -> bool:
        """Whether it has said nothing for too long, as far as anybody can tell."""
        return self._left_s() <= 0

    def heard(self) -> None:
        """Note that it said something, which is not read yet: until then nothing counts."""
        self._is_unread = True

    def broken(self) -> None:
        """Note that it said something, and all of it is read."""
        self._is_unread = False
        self._words += 1
        self._heard = time.monotonic()

    def line(self, *, is_away: bool) -> None:
        """Note that the line to the host was lost, or is back."""
        if self._is_away and not is_away and self._limit_s is not None:
            left_s = min(self._limit_s, self._catch_up_s)
            self._heard = max(self._heard, time.monotonic() - self._limit_s + left_s)
        self._is_away = is_away

    @contextmanager
    def held(self) -> Iterator[None]:
        """Let nothing count until the end of the block: what it says has to wait meanwhile."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self._heard = time.monotonic()  # more may have come meanwhile that is not read yet

    async def too_long(self) -> datetime:
        """Return since when it says nothing, once that is too long; never without a limit."""
        left_s = self._left_s()
        while left_s > 0:
            await asyncio.sleep(left_s)
            left_s = self._left_s()
        return self._clock() - timedelta(seconds=time.monotonic() - self._heard)

    async def over(self) -> None:
        """Return once it has said something again; that the line is back says nothing of it."""
        words = self._words
        while self._words == words:  # noqa: ASYNC110 - heard many times a second, asked seldom
            await asyncio.sleep(_LOOK_S)

    def _left_s(self) -> float:
        if self._limit_s is None:
            return 3600.0
        left_s = self._heard + self._limit_s - time.monotonic()
        is_deaf = self._is_away or self._is_unread or self._held
        return max(left_s, _LOOK_S) if is_deaf else left_s
