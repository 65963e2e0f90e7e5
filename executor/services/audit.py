"""The audit log as people read it: what happened, and whether it is still told as it was."""

from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from db.model.audit import AuditEvent, AuditFilter
from db.model.errors import Conflict
from db.model.grants import EVERYWHERE
from db.model.people import Person
from db.repos import Repos
from executor.rules.access import Verb
from executor.rules.chain import Chain, Noted, Unreadable, Verdict, check_key
from executor.services.access import require
from executor.services.ground import Ground

_PAGE = 2000  # events in memory at once
_GARBLED = (ValueError, TypeError, AttributeError)  # a row that Ferry did not write so
MOST_EXPORTED = 20_000  # events in a file that goes through Slack


@dataclass(frozen=True, slots=True)
class Past:
    """Some events, newest first; *jobs*: the job of each run that they tell of, by its number."""

    events: Sequence[AuditEvent]
    jobs: Mapping[str, str]
    has_older: bool


class AuditLog:
    """Reading is free of traces; taking a copy along is an event itself."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def verbs(self) -> list[str]:
        """Return every kind of event that there is."""
        async with self._ground.db.read() as repos:
            return await repos.audit.verbs()

    async def page(
        self, wanted: AuditFilter, by: Person, *, before: int | None = None, limit: int = 15
    ) -> Past:
        """Return the newest of the *wanted* events (with numbers below *before*)."""
        async with self._ground.db.read() as repos:
            await self._require(repos, wanted, by)
            with _told_apart():
                found = await repos.audit.recent(wanted, before, limit + 1)
            shown = found[:limit]
            numbers = {int(one.subject) for one in shown if one.subject.isdecimal()}
            jobs = await repos.history.job_names(numbers)
        return Past(shown, jobs, has_older=len(found) > limit)

    async def export(
        self, wanted: AuditFilter, by: Person, *, most: int | None = None
    ) -> tuple[int, AsyncGenerator[AuditEvent]]:
        """Note that *by* takes the *wanted* events along; return how many, and them.

        Oldest first; of more than *most* the newest. The note itself is not among them.
        """
        async with self._ground.db.begin() as repos:
            await self._require(repos, wanted, by)
            head = await repos.audit.head()
            end = head.last_id if head else 0
            count = await repos.audit.count(wanted, end)
            start = wanted.after_id
            if most is not None and count > most:
                start = await repos.audit.first_of_last(wanted, end, most) - 1
                count = most
            if count:
                after = {"events": count, "filter": _told(wanted)}
                repos.audit.note(by.user_id, "audit.exported", after=after)
        return count, self._events(wanted, start, end)

    async def _events(
        self, wanted: AuditFilter, start: int, end: int
    ) -> AsyncGenerator[AuditEvent]:
        while True:
            with _told_apart():
                async with self._ground.db.read() as repos:
                    page = await repos.audit.matching(wanted, start, _PAGE)
            for event in page:
                if event.id <= end:
                    yield event
            if not page or page[-1].id >= end:
                return
            start = page[-1].id

    async def verify(self, noted: Noted | None = None) -> Verdict:
        """Return whether the whole log is as it was written, and contains the *noted* head.

        Raises InvalidInput if it was begun with another key: then nothing can be told.
        """
        key = self._ground.keys.audit
        chain = Chain(key, noted)
        after, head = None, None
        is_first = True
        while not chain.is_over:
            # In this order: what the head counts is in the page, or it is missing.
            async with self._ground.db.read() as repos:
                head = await repos.audit.head()
            page = await self._page(after)
            if is_first:
                check_key(page, head, key)
                is_first = False
            if not page:
                break
            for event in page:
                chain.follow(event)
            after = page[-1].id
        return chain.end(head)

    async def _page(self, after: int | None) -> Sequence[AuditEvent | Unreadable]:
        try:
            async with self._ground.db.read() as repos:
                return await repos.audit.page(after, _PAGE)
        except _GARBLED:
            return await self._piecemeal(after)

    async def _piecemeal(self, after: int | None) -> list[AuditEvent | Unreadable]:
        """Return the page up to a row that cannot be read, and that one."""
        found: list[AuditEvent | Unreadable] = []
        while True:
            async with self._ground.db.read() as repos:
                number = await repos.audit.next_id(after)
            if number is None:
                return found
            try:
                async with self._ground.db.read() as repos:
                    found += await repos.audit.page(after, 1)
            except _GARBLED:
                return [*found, Unreadable(number)]
            after = number

    async def _require(self, repos: Repos, wanted: AuditFilter, by: Person) -> None:
        where = EVERYWHERE
        if wanted.environment and (
            environment := await repos.environments.named(wanted.environment)
        ):
            where = environment.id
        await require(self._ground, repos, Verb.AUDIT, by, where)


@contextmanager
def _told_apart() -> Iterator[None]:
    try:
        yield
    except _GARBLED as error:
        raise Conflict(
            "An event in the audit log cannot be read: somebody changed it.",
            hint="`ferry audit verify` on Ferry's machine says which one.",
        ) from error


def _told(wanted: AuditFilter) -> dict[str, Any]:
    said = {
        "subject": wanted.subject,
        "actor": wanted.actor,
        "environment": wanted.environment,
        "verbs": list(wanted.verbs),
        "since": wanted.since.isoformat() if wanted.since else "",
        "until": wanted.until.isoformat() if wanted.until else "",
        "after": wanted.after_id,
    }
    return {name: value for name, value in said.items() if value}
