"""Windows that come back and close an environment: made and dropped by admins."""

import itertools
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from db.model.catalog import Environment
from db.model.errors import NotFound
from db.model.locks import FreezeWindow
from db.model.people import Person
from executor.rules.access import Verb
from executor.rules.freezes import Span, freeze_draft, spans
from executor.services.access import require
from executor.services.catalog import find_environment
from executor.services.ground import Ground

_SHOWN = 3  # of the windows to come


@dataclass(frozen=True, slots=True, kw_only=True)
class Freeze:
    """A window of an environment, and from when until when it will be closed next."""

    environment: Environment
    window: FreezeWindow
    next: Sequence[Span] = ()
    channels: tuple[str, ...] = ()  #: where the environment is bound


class Freezes:
    """A window counts from the moment it is made, also if it has begun by then."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def make(
        self, environment: str, by: Person, *, cron: str, lasts: str, time_zone: str, reason: str
    ) -> Freeze:
        """Make a window; return it with the next three times.

        Raises NotFound, NotAllowed, and InvalidInput by field (cron, lasts, time_zone, reason).
        """
        now = self._ground.clock()
        async with self._ground.db.begin() as repos:
            found = await find_environment(repos, environment)
            await require(self._ground, repos, Verb.FREEZE, by, found.id)
            draft = freeze_draft(
                cron=cron, lasts=lasts, time_zone=time_zone, reason=reason, now=now
            )
            await repos.environments.lock(found.id)
            window = await repos.freezes.add(found.id, draft, by.user_id)
            await repos.queue.retell(found.id)
            repos.audit.note(
                by.user_id,
                "freeze.made",
                window.id,
                environment=found.name,
                after=asdict(draft),
                reason=draft.reason,
            )
            bound = await repos.bindings.all()
        self._ring()
        channels = tuple(one.channel_id for one in bound if one.environment_id == found.id)
        return _freeze(found, window, now, channels)

    async def drop(self, window_id: int, by: Person) -> Freeze:
        """Delete the window; return what it was. Raises NotFound and NotAllowed."""
        async with self._ground.db.begin() as repos:
            window = await repos.freezes.get(window_id)
            if window is None:
                raise _unknown(window_id)
            found = await repos.environments.lock(window.environment_id)
            await require(self._ground, repos, Verb.FREEZE, by, found.id)
            if not await repos.freezes.drop(window_id):
                raise _unknown(window_id)
            await repos.queue.retell(found.id)
            was = {name: getattr(window, name) for name in ("cron", "minutes", "time_zone")}
            was["reason"] = window.reason
            repos.audit.note(
                by.user_id, "freeze.dropped", window.id, environment=found.name, before=was
            )
            bound = await repos.bindings.all()
        self._ring()
        channels = tuple(one.channel_id for one in bound if one.environment_id == found.id)
        return _freeze(found, window, self._ground.clock(), channels)

    async def all(self) -> list[Freeze]:
        """Return every window of every environment with its next three times."""
        now = self._ground.clock()
        async with self._ground.db.read() as repos:
            windows = await repos.freezes.of()
            environments = {one.id: one for one in await repos.environments.all()}
        return [
            _freeze(environments[window.environment_id], window, now, ())
            for window in windows
            if window.environment_id in environments
        ]

    def _ring(self) -> None:
        self._ground.work.ring()
        self._ground.news.ring()


def _freeze(
    environment: Environment, window: FreezeWindow, now: datetime, channels: tuple[str, ...]
) -> Freeze:
    coming = tuple(itertools.islice(spans(window, now), _SHOWN))
    return Freeze(environment=environment, window=window, next=coming, channels=channels)


def _unknown(window_id: int) -> NotFound:
    return NotFound(
        f"There is no freeze window {window_id}: nothing was changed.",
        hint="`/migrate freezes` lists them with their numbers.",
    )
