"""Looks at a host while a person reads the card: whether everything is there that a run needs.

Each check is known within 3 s, good or bad. One takes longer: for the hash of a very large script
PENDING is told once with words, and then it is waited for as long as right before a start.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Check, CheckState, Measured, Plan
from executor.ssh import findings
from executor.ssh.checklist import CHECKS, LIMIT_S, REQUIRED, Checklist, Report, sentence
from executor.ssh.facts import PATIENT_S, Facts, facts, visible
from executor.ssh.measure import (
    interpreter_problem,
    measure,
    measured,
    script_hash,
    script_problem,
)
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.ssh.target import Target

__all__ = ["CHECKS", "REQUIRED", "Look", "look", "measure"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What was found: the checks in the order of CHECKS, none of them pending any more."""

    checks: tuple[Check, ...]
    measured: Measured | None  #: None unless everything required is good


async def look(
    hosts: Hosts,
    resolver: Resolver,
    target: Target,
    plan: Plan,
    shell_setup: str,
    *,
    report: Report,
    clock: Callable[[], datetime],
) -> Look:
    """Return what a run of *plan* would find on *target*; each check is told to *report* at once.

    What is wrong with the host is a failed check with a sentence, never an exception.
    """
    looking = _Looking(hosts, target, plan, Checklist(report), clock)
    return await looking.all(resolver, shell_setup)


class _Looking:
    def __init__(
        self,
        hosts: Hosts,
        target: Target,
        plan: Plan,
        checklist: Checklist,
        clock: Callable[[], datetime],
    ) -> None:
        self._hosts, self._target, self._plan = hosts, target, plan
        self._list, self._clock = checklist, clock
        self._host_key = ""
        self._found: dict[str, bytes] = {}
        self._sha256 = ""

    async def all(self, resolver: Resolver, shell_setup: str) -> Look:
        if await self._arrive():
            await _all_of(
                self._script(),
                self._revision(),
                self._interpreter(resolver, shell_setup),
                self._disk(),
                self._by_hand(),
            )
        checks = await self._list.finish("the host does not let Ferry in")
        good = all(check.state is CheckState.GOOD for check in checks if check.name in REQUIRED)
        return Look(checks=checks, measured=measured(self._found, self._sha256) if good else None)

    async def _facts(self, *parts: str, path: str = "") -> Facts:
        asking = partial(facts, self._hosts, self._target, self._plan, *parts, path=path)
        try:
            return await asking()
        except AttemptError as error:
            if error.detail != "CAPACITY":
                raise
        # Our own questions were too many at once; now it is known how few sessions it allows.
        return await asking()

    # -- the login ----------------------------------------------------------------------------

    async def _arrive(self) -> bool:
        """Tell what the login shows; return whether commands run there."""
        if not await self._connect():
            return False
        asked, began = self._clock(), asyncio.get_running_loop().time()
        asking = facts(self._hosts, self._target, self._plan, "hello", timeout_s=LIMIT_S)
        found = await self._list.answer(asking, "login", limit_s=LIMIT_S + 1)
        answered, took_s = self._clock(), asyncio.get_running_loop().time() - began
        # It may be a line from before, with nobody at its end any more; that is not used again.
        if found is None and not await self._connect():
            return False
        words = f"{self._target.address}, {took_s * 1000:.0f} ms" if found else self._target.address
        await self._list.good("reachable", words)
        await self._list.good("host key", f"{self._host_key}as pinned")
        if found is None:
            return False
        await self._list.good("login", f"as {self._target.user}")
        await self._list.tell(findings.clock(found, asked, answered))
        return True

    async def _connect(self) -> bool:
        try:
            async with asyncio.timeout(LIMIT_S), self._hosts.connection(self._target) as link:
                key = link.get_server_host_key()
        except TimeoutError:
            words = f"{self._target.address} did not answer within {LIMIT_S:.0f} s. Is it up?"
            await self._list.bad("reachable", words)
        except AttemptError as error:
            await self._not_let_in(error)
        else:
            self._host_key = f"{key.get_algorithm()}, " if key else ""
            return True
        return False

    async def _not_let_in(self, error: AttemptError) -> None:
        culprit = {
            Category.SSH_HOST_KEY_ERROR: "host key",
            Category.AUTHENTICATION_ERROR: "login",
            Category.SECRET_UNAVAILABLE: "login",  # the passphrase of the key
        }.get(error.category, "reachable")
        # Of a jump host's refusal nothing is known about the host behind it.
        is_ours = error.detail in {"CONFIG", "KEY_CONFIG"}
        is_ours = is_ours or error.category is Category.SECRET_UNAVAILABLE
        is_reached = not is_ours and not self._target.proxy_jump
        if culprit != "reachable" and is_reached:
            await self._list.good("reachable", self._target.address)
        if culprit == "login" and is_reached:
            await self._list.good("host key", "as pinned")
        await self._list.bad(culprit, sentence(error))

    # -- the script ---------------------------------------------------------------------------

    async def _script(self) -> None:
        found = await self._list.answer(self._facts("place"), "directory", "script")
        if found is None:
            return
        problem = script_problem(found, self._target, self._plan)
        if problem and problem.category is Category.DIRECTORY_NOT_FOUND:
            await self._list.bad("directory", sentence(problem))
            await self._list.unseen("script", "its directory is not there")
            return
        await self._list.good("directory", visible(found.get("directory", b"")))
        if problem:
            await self._list.bad("script", sentence(problem))
        else:
            await self._hash(findings.script(self._plan, found, self._clock()))

    async def _hash(self, words: str) -> None:
        hashing = asyncio.ensure_future(
            self._list.answer(self._hashed(), "script", limit_s=PATIENT_S)
        )
        try:
            done, _ = await asyncio.wait({hashing}, timeout=LIMIT_S)
            if not done:
                waiting = f"{words}, still being read for its sha256"
                await self._list.tell(Check(name="script", words=waiting))
            answer = await hashing
        finally:
            hashing.cancel()
        if answer is not None:
            found, self._sha256 = answer
            self._found.update(found)
            await self._list.good("script", f"{words}, sha256 {self._sha256[:12]}…")

    async def _hashed(self) -> tuple[Facts, str]:
        found = await self._facts("place", "digest")
        if problem := script_problem(found, self._target, self._plan):
            raise problem
        return found, await script_hash(self._hosts, self._target, found)

    async def _revision(self) -> None:
        asking = self._facts("place", "revision")
        found = await self._list.answer(asking, limit_s=PATIENT_S) or {}
        # Not the place: the hash belongs to the one that was looked at with it.
        self._found.update({name: found[name] for name in ("revision", "dirty") if name in found})

    # -- the rest -----------------------------------------------------------------------------

    async def _interpreter(self, resolver: Resolver, shell_setup: str) -> None:
        answer = await self._list.answer(self._runtime(resolver, shell_setup), "interpreter")
        if answer is None:
            return
        found, note = answer
        if problem := interpreter_problem(found, self._target, self._plan):
            resolver.forget(self._target)  # who puts it right and looks again sees it
            await self._list.bad("interpreter", f"{sentence(problem)} {note}")
            return
        self._found.update(found)
        await self._list.tell(findings.interpreter(found, self._plan))

    async def _runtime(self, resolver: Resolver, shell_setup: str) -> tuple[Facts, str]:
        shell = await resolver.shell(self._target, shell_setup)
        return await self._facts("runtime", path=shell.path), shell.note

    async def _disk(self) -> None:
        found = await self._list.answer(self._facts("disk"), "disk")
        if found is not None:
            await self._list.tell(findings.disk(found, self._plan))

    async def _by_hand(self) -> None:
        found = await self._list.answer(self._facts("place", "hand"), "by hand")
        if found is not None:
            await self._list.tell(findings.by_hand(found, self._target, self._clock()))


async def _all_of(*parts: Coroutine[Any, Any, None]) -> None:
    """Do all *parts* at once; if one breaks, none goes on."""
    work = [asyncio.ensure_future(part) for part in parts]
    try:
        await asyncio.gather(*work)
    finally:
        for each in work:
            each.cancel()
        await asyncio.gather(*work, return_exceptions=True)
