"""Whose turn it is, of several processes, to do what only one of them may do."""

import uuid
from datetime import UTC, datetime, timedelta

from executor.services.ground import Ground

_LASTS = timedelta(seconds=6)  # for so long nothing is done after a crash
_NEVER = datetime.min.replace(tzinfo=UTC)


class Turn:
    """The turn called *name*; it runs out by itself."""

    def __init__(self, ground: Ground, name: str) -> None:
        self._db, self._clock, self._name = ground.db, ground.clock, name
        self._holder = uuid.uuid4().hex
        self._since = _NEVER

    @property
    def is_ours(self) -> bool:
        """Whether it is still this process: ask before each thing that is done."""
        return self._is_younger(_LASTS)

    async def take(self) -> bool:
        """Return whether it is this process; ask again at every look."""
        if not self._is_younger(_LASTS / 3):
            now = self._clock()
            async with self._db.begin() as repos:
                is_given = await repos.turns.take(self._name, self._holder, now + _LASTS)
            # Who has it now may have a clock that is ahead: ours must not go on until it runs out.
            self._since = now if is_given else _NEVER
        return self.is_ours

    async def end(self) -> None:
        """Let another process have it from now on."""
        self._since = _NEVER
        async with self._db.begin() as repos:
            await repos.turns.end(self._name, self._holder)

    def _is_younger(self, than: timedelta) -> bool:
        # A clock that was put back would make it ours for as long as it was ahead.
        return timedelta() <= self._clock() - self._since < than
