"""Which status may follow which.

A cancel, a broken glass and how a run ends are checked against this chart; every other change
names the one status that it comes from.

::

    awaiting_confirmation → queued | discarded | expired
    queued → running | cancelled | expired | failed
    running → succeeded | failed | timed_out | cancelling | lost | queued | awaiting_confirmation
    cancelling → cancelled | succeeded | failed | timed_out | lost

``running → queued`` is a retry by policy. ``running → awaiting_confirmation``: what was confirmed
is not what would run any more, so nothing was started, and it is asked again. What waited too long
in the queue ``expired`` if nothing of it ever ran, and ``failed`` if it waited for a retry. A run
that is being cancelled may end by itself first: what is true is recorded. ``lost`` only after the
host answered and knows nothing of the run; a host that does not answer leaves it ``running``.
"""

from collections.abc import Mapping
from types import MappingProxyType

from db.model.errors import Conflict
from db.model.execution import Status

AWAITING = frozenset({Status.AWAITING_CONFIRMATION})  #: what a yes, a no or the clock may end
_ENDINGS = frozenset({Status.SUCCEEDED, Status.FAILED, Status.TIMED_OUT, Status.LOST})

TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        Status.AWAITING_CONFIRMATION: frozenset({Status.QUEUED, Status.DISCARDED, Status.EXPIRED}),
        Status.QUEUED: frozenset({Status.RUNNING, Status.CANCELLED, Status.EXPIRED, Status.FAILED}),
        Status.RUNNING: _ENDINGS | {Status.CANCELLING, Status.QUEUED, Status.AWAITING_CONFIRMATION},
        Status.CANCELLING: _ENDINGS | {Status.CANCELLED},
    }
)

_STANDS: Mapping[Status, str] = MappingProxyType(
    {
        Status.AWAITING_CONFIRMATION: "is still waiting for its confirmation",
        Status.QUEUED: "is waiting in the queue",
        Status.RUNNING: "is running",
        Status.CANCELLING: "is already being cancelled",
        Status.SUCCEEDED: "is already over: it succeeded",
        Status.FAILED: "is already over: it failed",
        Status.TIMED_OUT: "is already over: it ran out of time",
        Status.CANCELLED: "is already over: it was cancelled",
        Status.LOST: "is already over: the host lost it",
        Status.DISCARDED: "was discarded",
        Status.EXPIRED: "expired before it could start",
    }
)


def may_become(old: Status, new: Status) -> bool:
    """Return whether an execution in *old* may go to *new*."""
    return new in TRANSITIONS.get(old, frozenset())


def check(old: Status, new: Status, *, is_refused: bool = False) -> None:
    """Raise Conflict, in words, unless an execution in *old* may go to *new*.

    *is_refused*: said of what was discarded with a reason.
    """
    if may_become(old, new):
        return
    hint = "Look at its card: it may have changed."
    if old.is_over:
        hint = "“Run again” on its card starts it once more."
    elif old is Status.AWAITING_CONFIRMATION:
        hint = "“Discard” on its card ends it before it starts."
    stands = "was refused" if is_refused else _STANDS[old]
    raise Conflict(f"This run {stands}; nothing was changed.", hint=hint)
