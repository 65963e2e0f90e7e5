"""Tests wait for what they want to see, with a bound; they never sleep and hope."""

import asyncio
import time
from collections.abc import Callable


async def until(condition: Callable[[], object], what: str = "", *, within_s: float = 10) -> None:
    """Return once *condition* holds; AssertionError names *what* if it does not in time."""
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, f"not within {within_s} s: {what or condition}"
        await asyncio.sleep(0.01)
