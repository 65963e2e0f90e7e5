"""A host that was looked at, without a host."""

from typing import Any

from db.model.execution import Check, CheckState, Execution
from executor.services import Services
from tests.support.executions import MEASURED

GOOD = (
    Check(name="reachable", state=CheckState.GOOD, words="answered in 12 ms"),
    Check(name="script", state=CheckState.GOOD, words="4.2 kB"),
)
FAILED = (GOOD[0], Check(name="script", state=CheckState.FAILED, words="it is not there"))


async def looked_at(services: Services, execution: Execution, **other: Any) -> Execution:
    """Return *execution* after all was found in order on its host, but for *other*."""
    found: dict[str, Any] = {"checks": GOOD, "measured": MEASURED, **other}
    questions = await services.preflights.pending(100)
    (question,) = (one for one in questions if one.execution.id == execution.id)
    assert await services.preflights.looked(question, found["checks"], found["measured"])
    return await services.history.execution(execution.id)
