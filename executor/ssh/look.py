"""Looks at a host while a person reads the card: whether everything is there that a run needs.

Each check is told as soon as it is known, within 3 s. One takes longer: the hash of a very large
script is told as PENDING with words once, and then waited for as long as before a start.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Check, CheckState, Measured, Plan
from executor.ssh import findings
from executor.ssh.facts import Facts, facts, visible
from executor.ssh.measure import (
    PATIENT_S,
    interpreter_problem,
    measure,
    measured,
    script_hash,
    script_problem,
    version,
)
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.ssh.target import Target

__all__ = ["CHECKS", "REQUIRED", "Look", "look", "measure"]

CHECKS: tuple[str, ...] = (
    *("reachable", "host key", "login", "directory", "script", "interpreter"),
    *("disk", "clock", "by hand"),
)
REQUIRED: frozenset[str] = frozenset(CHECKS[:6])  #: the others only warn

_LIMIT_S = 3.0
_LONGEST_WORDS = 600

Report = Callable[[Check], Awaitable[None]]


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
    """Return what a run of *plan* would find on *target*, each check told to *report* at once.

    Whatever is wrong with the host is a failed check with a sentence, never an exception.
    """
    looking = _Looking(hosts, resolver, target, plan, shell_setup, report=report, clock=clock)
    return await looking.all()


class _Looking:
    def __init__(
        self,
        hosts: Hosts,
        resolver: Resolver,
        target: Target,
        plan: Plan,
        shell_setup: str,
        *,
        report: Report,
        clock: Callable[[], datetime],
    ) -> None:
        self._hosts, self._resolver, self._target, self._plan = hosts, resolver, target, plan
        self._shell_setup, self._report, self._clock = shell_setup, report, clock
        self._told: dict[str, Check] = {}
        self._found: dict[str, bytes] = {}
        self._sha256 = ""

    async def all(self) -> Look:
        if await self._arrives():
            await asyncio.gather(
                self._within(self._script(), "directory", "script", limit_s=PATIENT_S),
                self._within(self._interpreter(), "interpreter"),
                self._within(self._disk(), "disk"),
                self._within(self._hand(), "by hand"),
                self._within(self._revision(), limit_s=PATIENT_S),
            )
        for name in CHECKS:
            if name not in self._told:
                await self._fail(name, "not looked at, since the host does not let Ferry in")
        checks = tuple(self._told[name] for name in CHECKS)
        good = all(check.state is CheckState.GOOD for check in checks if check.name in REQUIRED)
        return Look(checks=checks, measured=self._measured() if good else None)

    def _measured(self) -> Measured:
        return measured(self._found, self._sha256)

    # -- telling ------------------------------------------------------------------------------

    async def _tell(self, check: Check) -> None:
        self._told[check.name] = check
        await self._report(check)

    async def _good(self, name: str, words: str) -> None:
        await self._tell(Check(name=name, state=CheckState.GOOD, words=words))

    async def _fail(self, name: str, words: str) -> None:
        state = CheckState.FAILED if name in REQUIRED else CheckState.WARNING
        clipped = visible(words.encode("utf-8", "surrogateescape"), _LONGEST_WORDS)
        await self._tell(Check(name=name, state=state, words=clipped))

    async def _within(
        self, looking: Awaitable[None], *names: str, limit_s: float = _LIMIT_S
    ) -> None:
        try:
            async with asyncio.timeout(limit_s):
                await looking
        except TimeoutError:
            words = f"it took longer than {limit_s:.0f} s to look. Is the host very busy?"
        except AttemptError as error:
            words = _sentence(error)
        else:
            return
        for name in names:
            if name not in self._told or self._told[name].state is CheckState.PENDING:
                await self._fail(name, words)

    # -- looking ------------------------------------------------------------------------------

    async def _facts(self, *parts: str, path: str = "") -> Facts:
        return await facts(self._hosts, self._target, self._plan, *parts, path=path)

    async def _arrives(self) -> bool:
        """Tell what the login shows; return whether commands run there."""
        try:
            async with asyncio.timeout(_LIMIT_S), self._hosts.connection(self._target) as link:
                key = link.get_server_host_key()
        except TimeoutError:
            words = f"{self._target.address} did not answer within {_LIMIT_S:.0f} s."
            await self._fail("reachable", words)
            return False
        except AttemptError as error:
            await self._not_let_in(error)
            return False
        shown = f"{key.get_algorithm()} {key.get_fingerprint()}, " if key else ""
        asked, began = self._clock(), asyncio.get_running_loop().time()
        words = self._target.address
        try:
            async with asyncio.timeout(_LIMIT_S):
                found = await self._facts("hello")
            took_s = asyncio.get_running_loop().time() - began
            words += f", {took_s * 1000:.0f} ms"
        except TimeoutError:
            problem = f"commands do not answer within {_LIMIT_S:.0f} s."
        except AttemptError as error:
            problem = _sentence(error)
        else:
            problem = ""
        await self._good("reachable", words)
        await self._good("host key", f"{shown}as pinned")
        if problem:
            await self._fail("login", problem)
            return False
        await self._good("login", f"as {self._target.user}")
        await self._tell(findings.clock(found, asked, self._clock()))
        return True

    async def _not_let_in(self, error: AttemptError) -> None:
        culprit = {
            Category.SSH_HOST_KEY_ERROR: "host key",
            Category.AUTHENTICATION_ERROR: "login",
        }.get(error.category, "reachable")
        # Of a jump host's refusal nothing is known about the host behind it.
        reached = error.detail not in {"CONFIG", "KEY_CONFIG"} and not self._target.proxy_jump
        if culprit != "reachable" and reached:
            await self._good("reachable", self._target.address)
        if culprit == "login" and reached:
            await self._good("host key", "as pinned")
        kind = f"{error.detail.lower()}: " if culprit == "host key" and error.detail else ""
        await self._fail(culprit, kind + _sentence(error))

    async def _script(self) -> None:
        try:
            async with asyncio.timeout(_LIMIT_S):
                found = await self._facts("place")
        except TimeoutError:
            words = f"it took longer than {_LIMIT_S:.0f} s to look. Is the disk there very slow?"
            for name in ("directory", "script"):
                await self._fail(name, words)
            return
        problem = script_problem(found, self._target, self._plan)
        if problem and problem.category is Category.DIRECTORY_NOT_FOUND:
            await self._fail("directory", _sentence(problem))
            await self._fail("script", "not looked at, since its directory is not there")
            return
        await self._good("directory", visible(found.get("directory", b"")))
        if problem:
            await self._fail("script", _sentence(problem))
            return
        await self._digest(findings.script_found(self._plan, found, self._clock()))

    async def _digest(self, words: str) -> None:
        work = asyncio.ensure_future(self._hashed())
        try:
            done, _ = await asyncio.wait({work}, timeout=_LIMIT_S)
            if not done:
                waiting = f"{words}; still reading it for its SHA-256"
                await self._tell(Check(name="script", words=waiting))
            found, self._sha256 = await work
        finally:
            work.cancel()
        self._found.update(found)
        await self._good("script", f"{words}, sha256 {self._sha256[:12]}…")

    async def _hashed(self) -> tuple[Facts, str]:
        found = await facts(
            *(self._hosts, self._target, self._plan, "place", "digest"), timeout_s=PATIENT_S
        )
        problem = script_problem(found, self._target, self._plan)
        if problem:
            raise problem
        return found, await script_hash(self._hosts, self._target, found)

    async def _interpreter(self) -> None:
        # Shielded: who comes next finds what a slow login shell told after all.
        asking = self._resolver.shell(self._target, self._shell_setup)
        shell = await asyncio.shield(asking)
        found = await self._facts("runtime", path=shell.path)
        problem = interpreter_problem(found, self._target, self._plan)
        if problem:
            await self._fail("interpreter", f"{_sentence(problem)} {shell.note}")
            return
        self._found.update(found)
        await self._tell(findings.interpreter(found, version(found), self._plan))

    async def _revision(self) -> None:
        self._found.update(await self._facts("place", "revision"))

    async def _disk(self) -> None:
        await self._tell(findings.disk(await self._facts("disk"), self._plan))

    async def _hand(self) -> None:
        found = await self._facts("place", "hand")
        await self._tell(findings.by_hand(found, self._target, self._clock()))


def _sentence(error: AttemptError) -> str:
    return f"{error.message} {error.hint}".strip()
