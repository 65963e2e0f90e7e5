"""Two versions of Ferry on one database: what one cannot read holds up nothing else."""

from datetime import timedelta

import pytest
from structlog.testing import capture_logs

from db.model.catalog import JobDraft
from db.model.errors import Unreadable
from db.model.execution import Execution, Status
from executor.rules.outcomes import Outcome
from executor.services import Ask, Ground, Services
from executor.services.sweeping import PORTION
from tests.support.database import Clock, do
from tests.support.world import ANA, BRUNO, PRODUCTION, STAGING, another, environment

LEASE = timedelta(seconds=15)
#: A plan with a field, an end with a category, and a look with a state that only others know.
NEWER = {
    "plan": "plan = JSON_SET(plan, '$.colour', 'red')",
    "category": "error_category = 'eclipse'",
    "check": """checks = '[{"name": "login", "state": "dreamt"}]'""",
}


async def _asked(services: Services, channel: str = STAGING) -> Execution:
    ask = Ask(job="import-patients", channel_id=channel, by=BRUNO, values=another())
    return await services.launcher.launch(ask)


async def _newer(ground: Ground, *executions: Execution, change: str = "plan") -> None:
    numbers = ", ".join(str(one.id) for one in executions)
    await do(ground.db, f"UPDATE migration_executions SET {NEWER[change]} WHERE id IN ({numbers})")  # noqa: S608


@pytest.mark.parametrize("change", NEWER)
async def test_what_cannot_be_read_is_not_claimed_and_holds_up_nothing(
    services: Services, ground: Ground, change: str
) -> None:
    """It waits for the version that can; operators are told once."""
    newer, plain = await _asked(services), await _asked(services)
    await _newer(ground, newer, change=change)
    with capture_logs() as logs:
        claimed = await services.queue.claim_next("w1", LEASE)
        assert claimed is not None
        await services.records.finish(claimed, Outcome(status=Status.SUCCEEDED))
        nothing = await services.queue.claim_next("w1", LEASE)

    assert (claimed.id, nothing) == (plain.id, None)
    told = [log["execution_id"] for log in logs if log["event"] == "execution_unreadable"]
    assert told == [newer.id]
    with pytest.raises(Unreadable, match=f"cannot read #{newer.id}"):
        await services.history.execution(newer.id)


async def test_an_environment_that_cannot_be_read_holds_up_no_other(
    services: Services, ground: Ground
) -> None:
    """Operators hear of it from the worker, which logs what it stumbled over."""
    await _asked(services)
    await services.catalog.create_environment(environment("other"), ANA)
    await services.bindings.bind("C0OTHER", "other", ANA)
    plain = await _asked(services, "C0OTHER")
    await do(ground.db, "UPDATE environments SET kind = 'lunar' WHERE name = 'staging'")

    claimed = await services.queue.claim_next("w1", LEASE)
    assert claimed is not None
    with pytest.raises(ValueError, match="lunar"):
        await services.queue.claim_next("w1", LEASE)

    assert claimed.id == plain.id


async def test_what_cannot_be_read_is_not_taken_over_and_holds_up_nothing(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """However many there are."""
    await do(ground.db, "UPDATE environments SET concurrency = 30")
    runs = [await _asked(services) for _ in range(22)]
    for _ in runs:
        assert await services.queue.claim_next("w1", LEASE)
    await _newer(ground, *runs[:-1])
    clock.advance(16)

    taken = await services.queue.take_over("w2", LEASE)

    assert taken is not None
    assert taken.id == runs[-1].id
    assert await services.queue.take_over("w2", LEASE) is None


async def test_what_cannot_be_read_is_not_told_and_silences_nothing(
    services: Services, ground: Ground
) -> None:
    """It is news that the reporter knows of, but not by what it cannot read."""
    runs = [await _asked(services) for _ in range(4)]
    await _newer(ground, *runs[:3])
    seen = services.veiled.news
    known = [brief.id for brief in await seen.pending()]

    (item,) = await seen.items(known)

    assert known == [one.id for one in runs]
    assert item.execution.id == runs[3].id


async def test_what_cannot_be_read_is_not_looked_at_nor_reminded_of(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """All others are."""
    newer, plain = await _asked(services, PRODUCTION), await _asked(services, PRODUCTION)
    await _newer(ground, newer)
    clock.advance(16 * 60)
    reminded = await services.confirmations.remind_due()

    (question,) = await services.preflights.pending(1)
    assert (question.execution.id, reminded) == (plain.id, 1)


async def test_a_job_that_cannot_be_read_keeps_no_other_from_being_looked_at(
    services: Services, ground: Ground
) -> None:
    """Operators hear of it from the loop, which logs what it stumbled over."""
    await _asked(services, PRODUCTION)
    await do(ground.db, "UPDATE migration_job_versions SET silence_action = 'sing'")
    with pytest.raises(ValueError, match="sing"):
        await services.preflights.pending(10)
    source = (await services.catalog.sources())[0]
    draft = JobDraft(name="export", source_id=source.id, script="~/export.js")
    await services.catalog.create_job(draft, ANA)
    ask = Ask(job="export", channel_id=PRODUCTION, by=BRUNO, values={})
    plain = await services.launcher.launch(ask)

    (question,) = await services.preflights.pending(10)

    assert question.execution.id == plain.id


async def test_what_cannot_be_read_lets_others_expire(
    services: Services, ground: Ground, clock: Clock
) -> None:
    """In the same sweep, however many there are."""
    newer = [await _asked(services) for _ in range(PORTION)]
    plain = await _asked(services)
    await _newer(ground, *newer)
    clock.advance(timedelta(days=30).total_seconds())

    assert await services.queue.expire_due() == 1
    assert (await services.history.execution(plain.id)).status is Status.EXPIRED
