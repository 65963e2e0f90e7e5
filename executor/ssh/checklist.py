"""The checks of a look at a host, each told to whoever listens as soon as it is known."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from db.model.errors import AttemptError
from db.model.execution import Check, CheckState
from executor.ssh.facts import visible

CHECKS: tuple[str, ...] = (
    *("reachable", "host key", "login", "directory", "script", "interpreter"),
    *("disk", "clock", "by hand"),
)
REQUIRED: frozenset[str] = frozenset(CHECKS[:6])  #: the others only warn
LIMIT_S = 3.0  #: for what one check waits for

_LONGEST_WORDS = 1000

T = TypeVar("T")
Report = Callable[[Check], Awaitable[None]]


class Checklist:
    """What is known so far; *report* is called for one check at a time."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._telling = asyncio.Lock()
        self._told: dict[str, Check] = {}

    async def tell(self, check: Check) -> None:
        """Keep *check* and report it."""
        async with self._telling:
            self._told[check.name] = check
            await self._report(check)

    async def good(self, name: str, words: str) -> None:
        """Tell that *name* is as it must be."""
        await self.tell(Check(name=name, state=CheckState.GOOD, words=words))

    async def bad(self, name: str, words: str) -> None:
        """Tell what is wrong with *name*: FAILED if it is required, otherwise WARNING."""
        state = CheckState.FAILED if name in REQUIRED else CheckState.WARNING
        shown = visible(words.strip().encode("utf-8", "surrogateescape"), _LONGEST_WORDS)
        await self.tell(Check(name=name, state=state, words=shown))

    async def unseen(self, name: str, why: str) -> None:
        """Tell that *name* was not looked at, and *why*: it neither failed nor is it good."""
        await self.tell(Check(name=name, state=CheckState.UNSEEN, words=why))

    async def answer(self, asking: Awaitable[T], *names: str, limit_s: float = LIMIT_S) -> T | None:
        """Return what *asking* does; None: it failed, which is told for the checks *names*."""
        try:
            async with asyncio.timeout(limit_s):
                return await asking
        except TimeoutError:
            words = f"it took longer than {limit_s:.0f} s to look. Is the host very busy?"
        except AttemptError as error:
            words = sentence(error)
        for name in names:
            await self.bad(name, words)
        return None

    async def finish(self, why: str) -> tuple[Check, ...]:
        """Return all checks in their order; *why* those that nobody told were not looked at."""
        for name in CHECKS:
            if name not in self._told:
                await self.unseen(name, why)
        return tuple(self._told[name] for name in CHECKS)


def sentence(error: AttemptError) -> str:
    """Return what was wrong and what to do."""
    return f"{error.message} {error.hint}".strip()
