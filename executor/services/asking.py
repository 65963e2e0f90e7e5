"""What is asked for: a run, or a look at what it would be; and that it waits already."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from db.model.catalog import Environment, Job
from db.model.errors import Conflict
from db.model.execution import Execution, Status
from db.model.people import Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Who wants which job run with which values, and from where."""

    job: str
    channel_id: str
    by: Person
    values: Mapping[str, str] = field(default_factory=dict)
    reason: str = ""
    override: str = ""  #: why it must run in a closed environment: an admin breaks the glass
    idempotency_key: str = ""  #: the same key gives the same execution, not a second one


class Duplicate(Conflict):
    """The same job waits with the same values already: *waiting* is it."""

    def __init__(self, waiting: Execution) -> None:
        asks = waiting.status is Status.AWAITING_CONFIRMATION
        stands = "for its confirmation" if asks else "in the queue"
        until = "is over or cancelled" if waiting.is_retried else "has started"
        super().__init__(
            f"#{waiting.id} {waiting.job_name} with the same values waits {stands} on "
            f"{waiting.environment_name} already, so it was not asked for twice.",
            hint=f"`/migrate status #{waiting.id}` shows it. Once it {until}, ask again.",
        )
        self.waiting = waiting


@dataclass(frozen=True, slots=True)
class Preview:
    """A run that nobody asked for yet; *waiting*: the same, if it waits already."""

    execution: Execution
    environment: Environment
    job: Job
    waiting: Execution | None
