"""Second factors: enrolled by their person, asked for before a yes where one is wanted."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from db.model.catalog import Environment
from db.model.errors import Conflict, FerryError, InvalidInput, NotAllowed
from db.model.factors import SecondFactor
from db.model.people import Person
from db.repos import Repos
from executor.rules import totp
from executor.rules.access import Verb
from executor.rules.durations import words
from executor.rules.sealing import opened, sealed
from executor.services.access import require
from executor.services.ground import Ground


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A new secret on its way to its person's device; *address* is what the QR picture says."""

    secret: str
    address: str

    def __repr__(self) -> str:
        return "Enrolment(…)"  # it must not get into a log


class CodeNeeded(NotAllowed):
    """Everything else is right: it only takes a code of the person's own device."""

    def __init__(self) -> None:
        super().__init__(
            "This takes a code of your authenticator app.",
            hint="Press the button once more: a window asks for it.",
        )


class SecondFactors:
    """What people's codes are checked against."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def is_enrolled(self, by: Person) -> bool:
        """Return whether *by* has one that works: another one takes a code of it."""
        async with self._ground.db.read() as repos:
            return _is_enrolled(await repos.second_factors.get(by.user_id))

    async def begin(self, by: Person, code: str = "") -> Enrolment:
        """Give *by* a new secret, which counts once its first code was typed.

        With one enrolled already, *code* must be of it. Raises NotAllowed, or InvalidInput at the
        field ``code``.
        """
        if has_old := await self.is_enrolled(by):
            await self.prove(by, code)
        secret = totp.new_secret()
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.SEE, by)
            if _is_enrolled(await repos.second_factors.hold(by.user_id)) and not has_old:
                raise CodeNeeded
            box = sealed(secret, self._ground.keys.factors, by.user_id)
            await repos.second_factors.put(by.user_id, box)
            repos.audit.note(by.user_id, "second_factor.begun", by.user_id)
        return Enrolment(secret, totp.address(secret, by.user_id))

    async def complete(self, by: Person, code: str) -> None:
        """Enrol the secret that was begun, by its first code.

        Raises Conflict if none was begun, InvalidInput at the field ``code``.
        """
        async with self._ground.db.read() as repos:
            if _is_enrolled(await repos.second_factors.get(by.user_id)):
                raise Conflict("Your second factor is set up already: nothing was changed.")
        await self._use(by, code, enrolled_at=self._ground.clock())

    async def prove(self, by: Person, code: str) -> None:
        """Take a code of *by*, who is then trusted for an hour; each code counts once.

        Raises InvalidInput at the field ``code``, or NotAllowed without a second factor.
        """
        async with self._ground.db.read() as repos:
            _check_enrolled(await repos.second_factors.get(by.user_id))
        await self._use(by, code)

    async def reset(self, person: str, by: Person) -> None:
        """Forget the second factor of *person*, who may then set up a new one.

        Raises NotAllowed unless an admin asks, Conflict if there is none.
        """
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.RESET, by)
            if not await repos.second_factors.drop(person):
                raise Conflict(f"<@{person}> has no second factor: nothing was changed.")
            repos.audit.note(by.user_id, "second_factor.reset", person)

    async def _use(self, by: Person, typed: str, **values: Any) -> None:
        """Use up a code, and set *values*; what was wrong is counted, and told after the commit."""
        code = totp.code_of(typed)
        async with self._ground.db.begin() as repos:
            # Held, so that of many guesses at once each one is counted before the next is read.
            factor = await repos.second_factors.hold(by.user_id)
            if factor is None:
                raise _none()
            refusal = await self._refusal(repos, factor, code, values)
        if refusal is not None:
            raise refusal

    async def _refusal(
        self, repos: Repos, factor: SecondFactor, code: str, values: dict[str, Any]
    ) -> FerryError | None:
        """Return why *code* does not count; None if it did, and is used up now."""
        now, person = self._ground.clock(), factor.person
        if factor.locked_until is not None and factor.locked_until > now:
            return _at_the_code(_locked(factor.locked_until - now))
        secret = opened(factor.secret, self._ground.keys.factors, person)
        step = totp.matching_step(secret, code, now)
        if step is None:
            return await _count(repos, factor, now)
        fresh = {"failures": 0, "locked_until": None, "remembered_until": now + totp.REMEMBERED}
        if not await repos.second_factors.take_step(person, step, **fresh, **values):
            return _at_the_code("This code was used already: wait for the next one, 30 s at most.")
        if "enrolled_at" in values:
            repos.audit.note(person, "second_factor.enrolled", person)
        return None


def check_factor(factor: SecondFactor | None, environment: Environment, now: datetime) -> None:
    """Raise CodeNeeded unless *factor* is remembered, NotAllowed if there is none to ask for.

    Where *environment* asks for no second factor nothing is raised.
    """
    if not environment.second_factor:
        return
    _check_enrolled(factor)
    if not _is_remembered(factor, now):
        raise CodeNeeded


async def _count(repos: Repos, factor: SecondFactor, now: datetime) -> FerryError:
    failures = factor.failures + 1
    if failures < totp.MOST_FAILURES:
        await repos.second_factors.change(factor.person, failures=failures)
        left = totp.MOST_FAILURES - failures
        tries = "1 more try" if left == 1 else f"{left} more tries"
        return _at_the_code(f"This code is wrong, or too old; you have {tries}.")
    locked = now + totp.LOCKED
    await repos.second_factors.change(factor.person, failures=0, locked_until=locked)
    repos.audit.note(factor.person, "second_factor.locked", factor.person)
    return _at_the_code(_locked(totp.LOCKED))


def _locked(left: timedelta) -> str:
    return f"Too many wrong codes: no code is taken for {words(left.total_seconds())}."


def _at_the_code(sentence: str) -> InvalidInput:
    return InvalidInput(sentence, fields={"code": sentence})


def _is_enrolled(factor: SecondFactor | None) -> bool:
    return factor is not None and factor.enrolled_at is not None


def _is_remembered(factor: SecondFactor | None, now: datetime) -> bool:
    until = factor.remembered_until if factor else None
    return until is not None and until > now


def _check_enrolled(factor: SecondFactor | None) -> None:
    if not _is_enrolled(factor):
        raise _none()


def _none() -> NotAllowed:
    return NotAllowed(
        "You have no second factor yet, and this takes a code of one.",
        hint="`/migrate totp` sets it up: it takes an authenticator app and a minute.",
    )
