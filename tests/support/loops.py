"""Loops of the services at work for as long as a test looks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Protocol


class Loop(Protocol):
    """Something that runs until it is cancelled: a worker, the log writer, the checks."""

    async def run(self) -> object:
        """Run until cancelled."""
        ...


@asynccontextmanager
async def at_work(*loops: Loop) -> AsyncIterator[None]:
    """Let *loops* run; they must be running still at the end of the block."""
    tasks = [asyncio.create_task(loop.run()) for loop in loops]
    try:
        yield
        ended = [task for task in tasks if task.done()]
        assert not ended, [task.exception() for task in ended]
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
