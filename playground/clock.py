"""The playground's own time, so that a test can let half an hour pass in no time."""

import time


class Clock:
    """Wall-clock seconds, plus what a test has added; and Slack's unique time stamps."""

    def __init__(self) -> None:
        self._ahead_s = 0.0
        self._last_us = 0

    def now(self) -> float:
        """Return the seconds since 1970."""
        return time.time() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass at once."""
        self._ahead_s += seconds

    def ts(self) -> str:
        """Return a message time stamp; each is later than the one before."""
        self._last_us = max(self._last_us + 1, int(self.now() * 1_000_000))
        return f"{self._last_us // 1_000_000}.{self._last_us % 1_000_000:06d}"
