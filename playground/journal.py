"""What the bot called and what was delivered to it: bounded lists that tests read."""

from collections import deque

from playground.clock import Clock
from playground.errors import Json

KEPT = 5000


class Journal:
    """The newest calls and deliveries, oldest first."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._calls: deque[Json] = deque(maxlen=KEPT)
        self._deliveries: deque[Json] = deque(maxlen=KEPT)

    def called(self, method: str, args: Json, *, status: int, error: str = "") -> None:
        """Note one call of the Web API (or of a response URL) and how it was answered."""
        told = {name: value for name, value in args.items() if name != "token"}
        entry = {"method": method, "args": told, "at": self._clock.now()}
        self._calls.append({**entry, "status": status, "error": error})

    def delivered(self, kind: str, payload: Json, *, took_s: float, error: str) -> None:
        """Note one payload that was sent to the bot and how long its ack took."""
        entry = {"kind": kind, "payload": payload, "at": self._clock.now()}
        self._deliveries.append({**entry, "took_s": took_s, "error": error})

    def calls(self, method: str = "") -> list[Json]:
        """Return the calls, only those of *method* if one is named."""
        return [call for call in self._calls if method in ("", call["method"])]

    def deliveries(self) -> list[Json]:
        """Return what was sent to the bot."""
        return list(self._deliveries)

    def clear(self) -> None:
        """Forget everything."""
        self._calls.clear()
        self._deliveries.clear()
