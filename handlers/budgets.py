"""How often Slack may be called: a budget for each method, shared by everybody who calls it.

Slack allows about 50 edits a minute for a whole workspace, and one post a second in a channel.
No clock of its own: *now* is seconds of any steady clock.
"""

from collections import deque

EDITS, EDITS_KEPT = 45, 10  # a minute; the last ones are for ends and questions
POSTS, POSTS_SPAN_S = 4, 5.0  # in one channel, short bursts allowed
UPLOADS = 30  # a minute
MINUTE_S = 60.0
SOON_S = 0.05  # to look again when all that may be under way is
LONGEST_OUTAGE_PAUSE_S = 30.0


class Window:
    """At most *most* calls in any *span_s* seconds; the last *kept* of them are for urgent ones.

    A call counts from its begin until *span_s* after its end: when Slack counted it, we cannot see.
    """

    def __init__(self, most: int, span_s: float, kept: int = 0) -> None:
        self._most, self._span_s, self._kept = most, span_s, kept
        self._under_way = 0
        self._ended: deque[float] = deque()

    def wait_s(self, now: float, *, urgent: bool) -> float:
        """Return the seconds until the next call may be made, 0 for now."""
        while self._ended and self._ended[0] <= now - self._span_s:
            self._ended.popleft()
        room = self._most - self._under_way - (0 if urgent else self._kept)
        if len(self._ended) < room:
            return 0.0
        if room <= 0:
            return SOON_S
        return self._ended[len(self._ended) - room] + self._span_s - now

    def begin(self) -> None:
        """Count a call from now on."""
        self._under_way += 1

    def end(self, now: float) -> None:
        """Note that a call has ended."""
        self._under_way -= 1
        self._ended.append(now)


class Budgets:
    """The windows of all methods, and who has to pause: one method (429), or all (an outage)."""

    def __init__(self) -> None:
        self._windows: dict[tuple[str, str], Window] = {}
        self._paused: dict[str, float] = {}
        self._away_until = 0.0
        self._outages = 0

    def wait_s(self, method: str, channel_id: str, now: float, *, urgent: bool) -> float:
        """Return the seconds until *method* may be called, 0 for now."""
        paused_s = max(self._paused.get(method, 0.0), self._away_until) - now
        return max(0.0, paused_s, self.window(method, channel_id).wait_s(now, urgent=urgent))

    def window(self, method: str, channel_id: str) -> Window:
        """Return what calls of *method* are counted in."""
        if method == "chat.update":
            window = Window(EDITS, MINUTE_S, EDITS_KEPT)
            return self._windows.setdefault((method, ""), window)
        if method == "chat.postMessage":
            return self._windows.setdefault((method, channel_id), Window(POSTS, POSTS_SPAN_S))
        return self._windows.setdefault((method, ""), Window(UPLOADS, MINUTE_S))

    def pause(self, method: str, now: float, seconds: float) -> None:
        """Let nobody call *method* for *seconds*: Slack said so."""
        self._paused[method] = max(self._paused.get(method, 0.0), now + seconds)

    def away(self, now: float) -> float:
        """Let nobody call anything for a while, each time longer; return the seconds.

        Calls that were under way together and fail together count as one failure.
        """
        if now >= self._away_until:
            pause_s = min(2.0**self._outages, LONGEST_OUTAGE_PAUSE_S)
            self._away_until = now + pause_s
            self._outages += 1
        return self._away_until - now

    def back(self) -> bool:
        """Note that Slack answers; return whether it did not before."""
        was_away = self._outages > 0
        self._outages, self._away_until = 0, 0.0
        return was_away
