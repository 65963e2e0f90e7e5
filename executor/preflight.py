"""Looks at hosts for what awaits its confirmation, while people read what they are asked.

What is found is stored as it comes, but gathered: each time is an edit of the card, and Slack
allows few of them.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime
from functools import partial

import structlog

from db.model.catalog import Environment
from db.model.errors import Unavailable
from db.model.execution import Check, CheckState, Plan
from executor.services.preflights import Preflights, Question
from executor.ssh.look import CHECKS, Look, look
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.ssh.target import target_of

logger = structlog.get_logger(__name__)
GATHER_S = 1.5  # between two edits of a card; most looks are over by then
LONGEST_S = 150.0  # above what a very large script may take to hash, see executor/ssh/look.py
_LINE = 50


class Preflight:
    """At most *at_once* looks at once; asks for more every *poll_s* seconds, or when rung."""

    def __init__(
        self,
        preflights: Preflights,
        hosts: Hosts,
        resolver: Resolver,
        *,
        clock: Callable[[], datetime],
        at_once: int = 4,
        poll_s: float = 2.0,
    ) -> None:
        self._preflights, self._hosts, self._resolver = preflights, hosts, resolver
        self._clock, self._at_once, self._poll_s = clock, at_once, poll_s
        self._busy: dict[int, asyncio.Task[bool]] = {}

    async def run(self) -> None:
        """Look until cancelled; what was not looked at to the end is looked at again."""
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    try:
                        await self._begin(group)
                    except Unavailable:
                        logger.warning("preflight_waits_for_database")
                    except Exception:  # one question that cannot be read must not end the task
                        logger.exception("preflight_stumbled")
                    await self._preflights.bell.wait(self._poll_s)
        finally:
            with suppress(Unavailable):  # then the turn runs out by itself
                await self._preflights.turn.end()

    async def _begin(self, group: asyncio.TaskGroup) -> None:
        waiting = await self._preflights.pending(_LINE)
        if not waiting or not await self._preflights.turn.take():
            return
        for question in waiting:
            number = question.execution.id
            if len(self._busy) >= self._at_once:
                return
            if number not in self._busy:
                task = group.create_task(self._look(question), name=f"look-{number}")
                self._busy[number] = task
                task.add_done_callback(partial(self._done, number))

    def _done(self, number: int, task: asyncio.Task[bool]) -> None:
        self._busy.pop(number, None)
        # What could not be stored waits for the next look: hosts are not to be asked in a circle.
        if not task.cancelled() and task.result():
            self._preflights.bell.ring()

    async def _look(self, question: Question) -> bool:
        """Look, and store what is found; return whether that went well."""
        log = logger.bind(execution_id=question.execution.id)
        try:
            seen = await self._seen(question)
            is_stored = await self._preflights.looked(question, seen.checks, seen.measured)
        except Unavailable:
            log.warning("look_not_stored", why="the database does not answer")
        except Exception:  # one question must not cancel the others; it is looked at again
            log.exception("look_not_stored")
        else:
            log.info("host_looked_at", is_measured=seen.measured is not None, is_stored=is_stored)
            return True
        return False

    async def _seen(self, question: Question) -> Look:
        """Return what is found on the host, some of it stored meanwhile."""
        found: dict[str, Check] = {}

        async def report(check: Check) -> None:
            found[check.name] = check

        looking = asyncio.create_task(
            look_at(
                self._hosts,
                self._resolver,
                question.environment,
                question.plan,
                clock=self._clock,
                report=report,
            )
        )
        try:
            while True:
                told = len(found)
                done, _ = await asyncio.wait({looking}, timeout=GATHER_S)
                if done:
                    return await looking
                if len(found) > told:
                    await self._preflights.found(question, _so_far(found))
        finally:
            looking.cancel()


async def _unheard(_: Check) -> None:
    return


async def look_at(
    hosts: Hosts,
    resolver: Resolver,
    environment: Environment,
    plan: Plan,
    *,
    clock: Callable[[], datetime],
    report: Callable[[Check], Awaitable[None]] = _unheard,
) -> Look:
    """Return what is found on the host of *environment*; whatever goes wrong is a failed check."""
    try:
        async with asyncio.timeout(LONGEST_S):
            return await look(
                hosts,
                resolver,
                target_of(environment),
                plan,
                environment.shell_setup,
                report=report,
                clock=clock,
            )
    except TimeoutError:
        return _nothing(f"the look at the host was not over after {LONGEST_S:.0f} s")
    except Exception:  # a bug must neither let the run pass nor be met again and again
        reference = secrets.token_hex(3)
        logger.exception("look_crashed", reference=reference)
        return _nothing(f"something broke in Ferry itself, reference {reference}")


def _so_far(found: dict[str, Check]) -> list[Check]:
    return [found.get(name, Check(name=name)) for name in CHECKS]


def _nothing(why: str) -> Look:
    failed = Check(name=CHECKS[0], state=CheckState.FAILED, words=why)
    return Look(checks=(failed,), measured=None)
