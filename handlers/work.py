"""Counting what is under way in the listeners."""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")


class Work:
    """What is being done for people right now: a stop waits for it."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the task that is running this as work until the end of the block."""
        task = asyncio.current_task()
        assert task is not None, "work is counted inside a task"  # noqa: S101
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    def spawn(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start *work* in a task of its own, counted until it ends."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def drain(self, timeout_s: float) -> int:
        """Wait until nothing is being done; return how many tasks had to be cancelled for it."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=timeout_s)
        late = [task for task in self._tasks if not task.done()]
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        return len(late)
