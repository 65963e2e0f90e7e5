"""Runs that begin and end without a host."""

from dataclasses import replace
from datetime import timedelta

from db.model.execution import Execution, Measured
from executor.rules.outcomes import Outcome
from executor.services import Services

LEASE = timedelta(seconds=30)


async def claimed(services: Services, execution: Execution) -> Execution:
    """Return *execution*, which is next, as a worker has it."""
    found = await services.queue.claim_next("worker", LEASE)
    assert found is not None
    assert found.id == execution.id
    return found


async def ran(
    services: Services, execution: Execution, measured: Measured, end: Outcome
) -> Execution:
    """Let a queued execution run with the script that was *measured*, and end; return it."""
    own = await claimed(services, execution)
    assert await services.records.start_requested(own, replace(own.plan, measured=measured))
    await services.records.started(own)
    await services.records.finish(own, end)
    return await services.history.execution(own.id)
