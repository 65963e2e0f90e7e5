"""One asked-for running of a job, its attempts, and who confirmed it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from db.model.catalog import ConfirmationPolicy, Kind
from db.model.categories import Category


class Status(StrEnum):
    """Where an execution stands; transitions: ``executor/rules/lifecycle.py``."""

    AWAITING_CONFIRMATION = "awaiting_confirmation"
    QUEUED = "queued"
    RUNNING = "running"
    CANCELLING = "cancelling"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    TIMED_OUT = "timed_out"
    CANCELLED = "cancelled"
    LOST = "lost"
    DISCARDED = "discarded"
    EXPIRED = "expired"

    @property
    def is_over(self) -> bool:
        """Whether nothing will change any more."""
        return self in OVER

    @property
    def is_live(self) -> bool:
        """Whether a worker owns it: running or cancelling."""
        return self in LIVE


WAITING = frozenset({Status.AWAITING_CONFIRMATION, Status.QUEUED})
LIVE = frozenset({Status.RUNNING, Status.CANCELLING})
OVER = frozenset(
    {
        Status.SUCCEEDED,
        Status.FAILED,
        Status.TIMED_OUT,
        Status.CANCELLED,
        Status.LOST,
        Status.DISCARDED,
        Status.EXPIRED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """What was found on the host: the script, what runs it, and the checkout it lies in."""

    script: str  #: its path with every symbolic link followed
    sha256: str
    size: int  #: bytes
    modified_at: str  #: as ``2026-03-14T15:09:26Z``; not part of the plan's hash
    interpreter: str = ""  #: absolute path; empty: the script is executable itself
    interpreter_version: str = ""  #: what it says of itself; empty if it did not
    revision: str = ""  #: git commit, 40 hex digits or more; empty outside of a checkout
    is_dirty: bool = False  #: whether the checkout has changes that are not committed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Exactly what will run; a confirmation is given to its hash."""

    environment: str
    kind: Kind
    host: str
    port: int
    user: str
    host_key: str
    proxy_jump: str = ""
    job: str
    job_version: int
    directory: str
    script: str
    interpreter: str
    arguments: tuple[str, ...]  #: argv after the script
    variables: Mapping[str, str]  #: environment variables; a secret's value is its reference
    timeout_s: int
    grace_s: int
    attempts: int = 1  #: at most
    retry_categories: tuple[str, ...] = ()  #: after which it is tried again, besides the safe ones
    silence_s: int | None = None
    silence_action: str = ""
    personal: tuple[str, ...] = ()  #: names of given parameters that Slack only hints at
    measured: Measured | None = None  #: None: not measured yet


class CheckState(StrEnum):
    """What came of looking at one thing on the host."""

    PENDING = "pending"
    GOOD = "good"
    WARNING = "warning"  #: told, but it stops nothing
    FAILED = "failed"  #: keeps the button away
    UNSEEN = "unseen"  #: not looked at, because of what failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is looked at on the host before a run is confirmed."""

    name: str
    state: CheckState = CheckState.PENDING
    words: str = ""  #: what was found


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a run is: *done* of *total* (percent: of 100), and the script's own words."""

    done: float
    total: float
    words: str = ""

    @property
    def fraction(self) -> float:
        """Between 0 and 1."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """One asked-for running of a job version in an environment; *id* is the number people quote."""

    id: int
    key: str  #: 32 hex digits; with the attempt's number it names the run directory on the host
    job_id: int
    job_name: str
    job_version: int
    environment_id: int
    environment_name: str
    environment_kind: Kind
    status: Status
    team_id: str
    channel_id: str
    requested_by: str
    reason: str = ""
    parameters: Mapping[str, str] = field(default_factory=dict)
    plan: Plan
    plan_hash: str
    voided_plan: Plan | None = None  #: what was confirmed before the host was found changed
    voids: int = 0  #: how often it was asked again since what would run had changed
    checks: tuple[Check, ...] = ()
    checked_at: datetime | None = None  #: when the last look was over; None: not yet
    confirmation: ConfirmationPolicy = ConfirmationPolicy.NONE  #: as it was when it was asked for
    confirmations: int = 1  #: how many must say yes
    confirm_group: str = ""
    confirmed_by: tuple[str, ...] = ()  #: who said yes to the plan as it is now
    reminded_at: datetime | None = None
    overridden_by: str = ""  #: the admin who broke the glass
    override_reason: str = ""  #: it opened a lock for the run, or took the place of a yes
    created_at: datetime
    expires_at: datetime | None = None  #: until when a confirmation may be answered
    answered_by: str = ""  #: who confirmed or discarded
    answered_at: datetime | None = None
    queued_at: datetime | None = None
    queue_expires_at: datetime | None = None  #: until when it may wait in the queue
    priority: int = 0  #: in the queue the highest goes first, then the lowest number
    not_before: datetime | None = None  #: when a retry is due
    concurrency_key: str = ""  #: of two with the same one in an environment only one runs at once
    job_concurrency: int | None = None  #: runs of the job at once, everywhere; None: no limit
    max_attempts: int = 1
    started_at: datetime | None = None  #: of the last attempt
    begun_at: datetime | None = None  #: when its host said that the script runs
    finished_at: datetime | None = None
    cancelled_by: str = ""
    worker: str = ""
    lease_until: datetime | None = None
    fence: int = 0  #: grows with every claim and take-over; a writer with an older one is refused
    attempt: int = 0
    exit_status: int | None = None
    error_category: Category | None = None
    error_detail: str = ""
    error_message: str = ""
    error_hint: str = ""
    result: Mapping[str, str] = field(default_factory=dict)  #: what the script said by ``::result``
    receipt: str = ""  #: what a cancel or a timeout stopped, in words
    progress: Progress | None = None
    reconnecting_since: datetime | None = None
    silent_since: datetime | None = None  #: set once it has said nothing for too long
    resumed: int = 0  #: how often a worker took the running remote over
    warnings: int = 0  #: lines of level warning or error
    lines: int = 0  #: stored lines so far
    version: int = 0  #: grows with every change that a card shows

    @property
    def is_retried(self) -> bool:
        """Whether an attempt failed: what waits in the queue then is tried again.

        An attempt that ended because the plan had changed is none: nothing of it was tried.
        """
        return self.attempt > 0 and self.error_category is not None

    @property
    def was_tried(self) -> bool:
        """Whether there was an attempt that found more than a changed plan: it may have begun.

        Each of those others had an attempt more put on top of what the plan allows.
        """
        return self.attempt > self.max_attempts - self.plan.attempts

    @property
    def is_one_of_several(self) -> bool:
        """Whether its attempt is worth a number: not if the first only found the plan changed."""
        return self.attempt > 1 and (self.voided_plan is None or self.plan.attempts > 1)

    @property
    def is_refused(self) -> bool:
        """Whether somebody said no with a reason; without one it is only discarded."""
        return self.status is Status.DISCARDED and self.error_message != ""

    @property
    def goes_without_yes(self) -> bool:
        """Whether a broken glass took the place of the yes that it needs.

        One that only opened a lock for the run did not: it is in the queue once somebody said yes.
        """
        is_asked = self.confirmation is not ConfirmationPolicy.NONE
        is_past = self.queued_at is not None and not self.answered_by
        return is_asked and is_past and bool(self.overridden_by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One try over SSH, and how far its output is stored."""

    execution_id: int
    number: int
    created_at: datetime
    start_requested_at: datetime | None = None  #: set before the start is sent: it may have begun
    started_at: datetime | None = None  #: the host said so
    finished_at: datetime | None = None
    out_offset: int = 0  #: bytes of the remote's stdout file that are stored as lines
    err_offset: int = 0
    last_line: int = 0  #: number of the last stored line of the execution
    warnings: int = 0
    progress_done: float | None = None
    progress_total: float | None = None
    progress_words: str = ""
    result: Mapping[str, str] = field(default_factory=dict)
    last_output_at: datetime | None = None
    stop_reason: str = ""  #: why Ferry itself stopped it: "silence"; empty: it did not
    exit_status: int | None = None
    error_category: Category | None = None
    error_detail: str = ""
    error_message: str = ""
    removed_at: datetime | None = None  #: when its directory on the host was removed


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """Where an execution is told in Slack, and what was told last."""

    execution_id: int
    channel_id: str
    ts: str = ""  #: empty: not posted yet
    told_version: int = -1
    told_hash: str = ""
    posts: frozenset[str] = frozenset()  #: keys of the thread posts that are out ("started", "end")
    log_permalink: str = ""  #: of the attached log


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """As much of an execution as decides whether it is told now; all of it may be large."""

    id: int
    channel_id: str
    status: str  #: also one that only another version of Ferry knows
    version: int
