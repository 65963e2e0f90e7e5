"""Rate limits as Slack counts them, and faults that a test asks for."""

import math
from collections import defaultdict, deque
from dataclasses import dataclass, field

from playground.clock import Clock
from playground.errors import Json

WINDOW_S = 60.0
PER_MINUTE = {1: 1, 2: 20, 3: 50, 4: 100}
# chat.postMessage: one a second in each channel, short bursts allowed.
POST_BURST = 5


@dataclass
class RateLimits:
    """Off until switched on; :meth:`wait_s` says how long the caller has to keep away."""

    clock: Clock
    on: bool = False
    _calls: dict[str, deque[float]] = field(default_factory=lambda: defaultdict(deque))

    def wait_s(self, method: str, tier: int, channel: str) -> int:
        """Count one call; return the whole seconds of Retry-After, 0 if it may pass."""
        if not self.on:
            return 0
        if method == "chat.postMessage":
            return self._within(f"{method} {channel}", POST_BURST, float(POST_BURST))
        if tier not in PER_MINUTE:
            return 0
        return self._within(method, PER_MINUTE[tier], WINDOW_S)

    def clear(self) -> None:
        """Forget the past and switch off."""
        self.on = False
        self._calls.clear()

    def _within(self, key: str, most: int, window_s: float) -> int:
        now, calls = self.clock.now(), self._calls[key]
        while calls and calls[0] <= now - window_s:
            calls.popleft()
        if len(calls) >= most:
            return max(1, math.ceil(calls[0] + window_s - now))
        calls.append(now)
        return 0


@dataclass
class Fault:
    """One way to fail, for a number of calls or until a moment."""

    method: str
    status: int
    error: str
    retry_after: int
    delay_s: float
    times: int | None
    until: float | None

    def alive(self, now: float) -> bool:
        """Tell whether it still applies."""
        return self.times != 0 and (self.until is None or now < self.until)


@dataclass
class Faults:
    """The faults that are asked for, oldest first."""

    clock: Clock
    _faults: list[Fault] = field(default_factory=list)

    def add(self, wish: Json) -> None:
        """Take a fault as the control API describes it."""
        seconds = wish.get("seconds")
        status = int(wish.get("status", 200))
        fault = Fault(
            method=wish.get("method", "*"),
            status=status,
            error=wish.get("error", "ratelimited" if status == 429 else "internal_error"),
            retry_after=int(wish.get("retry_after", 1)),
            delay_s=float(wish.get("delay_s", 0)),
            times=wish.get("times", None if seconds is not None else 1),
            until=None if seconds is None else self.clock.now() + float(seconds),
        )
        if status == 200 and "error" not in wish:
            fault.error = ""
        self._faults.append(fault)

    def take(self, method: str) -> Fault | None:
        """Return the fault that this call of *method* meets, if any."""
        now = self.clock.now()
        self._faults = [fault for fault in self._faults if fault.alive(now)]
        for fault in self._faults:
            if fault.method in ("*", method):
                if fault.times is not None:
                    fault.times -= 1
                return fault
        return None

    def clear(self) -> None:
        """Let everything work again."""
        self._faults.clear()
