"""How the state of a run looks: an emoji and a word, the same on cards, in lists and threads."""

from db.model.execution import Execution, Status

LOOK: dict[Status, tuple[str, str]] = {
    Status.AWAITING_CONFIRMATION: ("✋", "awaiting confirmation"),
    Status.QUEUED: ("⏳", "queued"),
    Status.RUNNING: ("▶️", "running"),
    Status.CANCELLING: ("🛑", "cancelling"),
    Status.SUCCEEDED: ("✅", "succeeded"),
    Status.FAILED: ("❌", "failed"),
    Status.TIMED_OUT: ("⏰", "timed out"),
    Status.CANCELLED: ("🚫", "cancelled"),
    Status.LOST: ("❓", "lost"),
    Status.DISCARDED: ("🗑️", "discarded"),
    Status.EXPIRED: ("⌛", "expired"),
}
REFUSED, SILENT = ("⛔", "refused"), ("⏰", "stopped for silence")


def look(execution: Execution) -> tuple[str, str]:
    """Return the emoji and the word; discarded with a reason is refused, by somebody else."""
    if is_silent_end(execution):
        return SILENT
    return REFUSED if execution.is_refused else LOOK[execution.status]


def is_silent_end(execution: Execution) -> bool:
    """Whether it was stopped because it had said nothing for too long, not because it took long."""
    return execution.status is Status.TIMED_OUT and execution.error_detail == "SILENCE"
