"""How a run stands on its host, read from the supervisor's one-line answers."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from db.model.output import Stream


class RemoteState(StrEnum):
    """Where a run stands on its host."""

    STARTING = "starting"
    RUNNING = "running"
    EXITED = "exited"
    LOST = "lost"  #: it ran, and nobody can say how it ended: reboot, or the supervisor was killed
    GONE = "gone"  #: the host knows of no such run


@dataclass(frozen=True, slots=True)
class Receipt:
    """What was ended when a run was stopped (or had left something behind)."""

    processes: int
    on_term: int
    on_kill: int
    left_session: int  #: had left the session; ended by the sweep
    remaining: int

    @property
    def words(self) -> str:
        """One sentence, as on a card."""
        if self.processes == 0:
            return "nothing: no process was running any more"
        parts = []
        if self.on_term:
            parts.append(f"{self.on_term} ended on TERM")
        if self.on_kill:
            parts.append(f"{self.on_kill} on KILL" if parts else f"{self.on_kill} ended on KILL")
        if self.left_session:
            parts.append(f"{self.left_session} had left the session")
        noun = "process" if self.processes == 1 else "processes"
        rest = f"{self.remaining} still there" if self.remaining else "none remain"
        return f"{self.processes} {noun}: " + "; ".join(filter(None, [", ".join(parts), rest]))


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteStatus:
    """How a run stands; sizes are those of the output files on the host."""

    state: RemoteState
    exit_status: int | None = None
    signal: str = ""  #: "KILL", … from exit status 128 + n: a shell cannot tell `exit 137` from it
    reason: str = ""  #: exit cancel timeout nocwd nointerp noscript noexec reboot supervisor_died
    out_size: int = 0
    err_size: int = 0
    truncated: frozenset[Stream] = frozenset()
    receipt: Receipt | None = None
    alive: int = 0  #: LOST, GONE: of its processes, those that run with nobody to see them through
    started_at: int | None = None  #: epoch seconds by the host's clock
    ended_at: int | None = None

    @property
    def lasted_s(self) -> int | None:
        """How long it ran by its host's clock, in seconds; None if that is not known."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0, self.ended_at - self.started_at)


def read_status(answer: str) -> RemoteStatus:
    """Return the status that *answer* tells; ValueError if it is none."""
    word, _, rest = answer.partition(" ")
    values = dict(
        pair.partition("=")[::2] for pair in rest.partition(";")[0].split() if "=" in pair
    )
    state = RemoteState(word)
    if values.get("reason") == "supervisor_died":
        state = RemoteState.LOST  # recorded at the end, or found dead: how it ended is not known
    exit_status = _number(values, "status")
    return RemoteStatus(
        state=state,
        exit_status=exit_status,
        signal=_signal(exit_status),
        reason=values.get("reason", ""),
        out_size=_number(values, "out") or 0,
        err_size=_number(values, "err") or 0,
        truncated=frozenset(stream for stream in Stream if stream in values.get("cut", "")),
        receipt=_receipt(values.get("receipt", "")),
        alive=_number(values, "alive") or 0,
        started_at=_number(values, "started"),
        ended_at=_number(values, "ended"),
    )


def _number(values: Mapping[str, str], name: str) -> int | None:
    text = values.get(name, "")
    return int(text) if text.isdigit() else None


def _signal(exit_status: int | None) -> str:
    if exit_status is None or exit_status <= 128:
        return ""
    try:
        return signal.Signals(exit_status - 128).name.removeprefix("SIG")
    except ValueError:
        return ""


def _receipt(text: str) -> Receipt | None:
    numbers = text.split("/")
    if len(numbers) != 5 or not all(number.isdigit() for number in numbers):
        return None
    return Receipt(*map(int, numbers))
