"""What wakes a waiter early. Losing or doubling a ring is harmless: who wakes looks anew."""

import asyncio


class Bell:
    """One waiter's wake-up; rings inside one process only."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        """Wake the waiter, now or at its next wait."""
        self._rung.set()

    async def wait(self, timeout_s: float) -> None:
        """Return when rung, at the latest after *timeout_s* seconds."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return
        self._rung.clear()
