"""Executions, attempts, confirmations: what is stored comes back, and changes only as expected."""

import asyncio
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import select
from sqlalchemy.exc import StatementError

from db.database import Database
from db.model.categories import Category
from db.model.execution import Execution, Progress, Status
from db.schema import confirmations, execution_parameters, log_lines
from db.schema import executions as table
from tests.db.seeds import PLAN, ask, asked, blocks, claim, line, mark, world
from tests.support.database import Clock


async def test_an_execution_comes_back_whole(database: Database, clock: Clock) -> None:
    """Plan, parameters and times survive, quotes and 4-byte characters included."""
    place = await world(database)
    values = {"sistema": "iclinic", "nota": "João \"Zé\" 😀 'x' \\ %s", "vazio": ""}

    execution = await ask(database, place, parameters=values, reason="😀" * 500)

    assert execution.plan == PLAN
    assert execution.parameters == values
    assert execution.reason == "😀" * 500
    assert execution.created_at == clock.now
    assert (execution.status, execution.version, execution.lines) == (Status.QUEUED, 0, 0)
    assert (execution.progress, execution.error_category) == (None, None)


async def test_times_are_utc_with_microseconds(database: Database) -> None:
    """A time from another zone comes back as the same instant, to the microsecond."""
    place = await world(database)
    brasilia = datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=timezone(timedelta(hours=-3)))

    execution = await ask(database, place, queued_at=brasilia)

    assert execution.queued_at == brasilia
    assert execution.queued_at.tzinfo is UTC
    assert execution.queued_at.microsecond == 999999


async def test_a_naive_time_is_refused(database: Database) -> None:
    """Nobody knows which instant it is, so it never reaches a row."""
    place = await world(database)

    with pytest.raises(StatementError, match="naive time"):
        await ask(database, place, queued_at=datetime(2026, 1, 1))  # noqa: DTZ001 - the case


async def test_parameters_are_rows_too(database: Database) -> None:
    """One index answers "When did we run this for patient 44320?"."""
    place = await world(database)
    wanted = await ask(database, place, parameters={"patient-id": "44320", "sistema": "medpro"})
    await ask(database, place, parameters={"patient-id": "44321"})
    query = select(execution_parameters.c.execution_id).where(
        execution_parameters.c.name == "patient-id", execution_parameters.c.value == "44320"
    )

    async with database.read() as repos:
        rows = await repos.session.rows(query)

    assert [row["execution_id"] for row in rows] == [wanted.id]


async def test_a_used_idempotency_key_gives_nothing_new(database: Database) -> None:
    """The second ask finds the first; without a key there are as many as are asked for."""
    place = await world(database)
    first = await ask(database, place, idempotency_key="Ev1")
    await ask(database, place, idempotency_key=None)
    await ask(database, place, idempotency_key=None)

    async with database.begin() as repos:
        second = await repos.executions.add(asked(place, idempotency_key="Ev1"), PLAN)
        known = await repos.executions.with_idempotency_key("Ev1")

    assert second is None
    assert known == first


async def test_of_ten_clicks_at_once_one_counts(database: Database) -> None:
    """Whoever comes second finds the first one's execution in the same transaction."""
    place = await world(database)

    async def click() -> tuple[bool, int]:
        async with database.begin() as repos:
            new = await repos.executions.add(asked(place, idempotency_key="Ev1"), PLAN)
            known = await repos.executions.with_idempotency_key("Ev1")
            assert known is not None
            return new is not None, known.id

    clicks = await asyncio.gather(*(click() for _ in range(10)))

    assert sum(won for won, _ in clicks) == 1
    assert len({number for _, number in clicks}) == 1


async def test_a_change_of_state_counts_and_makes_news(database: Database, clock: Clock) -> None:
    """Status and values are set, the version grows by one."""
    place = await world(database)
    execution = await ask(database, place)
    now = clock.advance(1)

    async with database.begin() as repos:
        won = await repos.executions.change(
            execution.id,
            expect={Status.QUEUED},
            status=Status.FAILED,
            finished_at=now,
            error_category=Category.TIMEOUT_ERROR,
            result={"imported": "12"},
        )
        changed = await repos.executions.get(execution.id)

    assert won
    assert changed is not None
    assert (changed.status, changed.version) == (Status.FAILED, execution.version + 1)
    assert (changed.error_category, changed.result) == (Category.TIMEOUT_ERROR, {"imported": "12"})
    assert changed.finished_at == now


@pytest.mark.parametrize(
    ("expect", "fence"),
    [
        pytest.param({Status.AWAITING_CONFIRMATION}, None, id="another status"),
        pytest.param({Status.QUEUED}, 7, id="another fence"),
    ],
)
async def test_an_unexpected_state_is_left_as_it_is(
    database: Database, expect: set[Status], fence: int | None
) -> None:
    """Compare-and-set: the row stays, and the caller is told."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.begin() as repos:
        won = await repos.executions.change(
            execution.id, expect=expect, fence=fence, status=Status.CANCELLED
        )
        found = await repos.executions.get(execution.id)

    assert not won
    assert found == execution


async def test_of_two_answers_at_once_one_counts(database: Database) -> None:
    """Ten people confirm and discard in the same moment: one of them did."""
    place = await world(database)
    execution = await ask(database, place, status=Status.AWAITING_CONFIRMATION)

    async def answer(number: int) -> bool:
        async with database.begin() as repos:
            return await repos.executions.change(
                execution.id,
                expect={Status.AWAITING_CONFIRMATION},
                status=Status.QUEUED if number % 2 else Status.DISCARDED,
                answered_by=f"U{number}",
            )

    answers = await asyncio.gather(*(answer(number) for number in range(10)))

    assert sum(answers) == 1
    async with database.read() as repos:
        found = await repos.executions.get(execution.id)
    assert found is not None
    assert found.answered_by == f"U{answers.index(True)}"


async def test_unanswered_confirmations_are_due_at_their_time(
    database: Database, clock: Clock
) -> None:
    """Not a microsecond earlier, and only what still waits for an answer."""
    place = await world(database)
    until = clock.now + timedelta(minutes=30)
    waiting = await ask(database, place, status=Status.AWAITING_CONFIRMATION, expires_at=until)
    await ask(database, place, status=Status.DISCARDED, expires_at=until)

    async with database.read() as repos:
        early = await repos.deadlines.unanswered(until - timedelta(microseconds=1), 0, 9)
        due = await repos.deadlines.unanswered(until, 0, 9)
        then = await repos.deadlines.unanswered(until, waiting.id, 9)

    assert (early, due, then) == ([], [waiting.id], [])


async def test_history_pages_by_number(database: Database) -> None:
    """Newest first; the next page begins below the last number seen."""
    place = await world(database)
    numbers = [(await ask(database, place)).id for _ in range(5)]

    async with database.read() as repos:
        first = await repos.history.recent(place.environment.id, None, 3)
        second = await repos.history.recent(place.environment.id, first[-1].id, 3)
        elsewhere = await repos.history.recent(place.environment.id + 1, None, 3)

    assert [execution.id for execution in first + second] == numbers[::-1]
    assert elsewhere == []


async def test_active_is_what_is_not_over(database: Database) -> None:
    """What waits or runs, oldest first; how many wait before one."""
    place = await world(database)
    by_status = {status: await ask(database, place, status=status) for status in Status}
    last = await ask(database, place)

    async with database.read() as repos:
        active = await repos.history.active(place.environment.id)
        ahead = await repos.queue.ahead(last)

    over = [execution.id for status, execution in by_status.items() if status.is_over]
    assert [e.id for e in active] == [e.id for e in [*by_status.values(), last] if e.id not in over]
    assert ahead == [place.job.id]


async def test_durations_are_of_successes_newest_first(database: Database, clock: Clock) -> None:
    """Seconds with fractions, of this job in this environment."""
    place = await world(database)
    for seconds, status in ((1.5, "succeeded"), (9, "failed"), (2.25, "succeeded")):
        end = clock.now + timedelta(seconds=seconds)
        await ask(database, place, status=status, started_at=clock.now, finished_at=end)

    async with database.read() as repos:
        seconds_taken = await repos.history.durations(place.job.id, place.environment.id, 10)

    assert seconds_taken == [2.25, 1.5]


async def test_a_number_is_never_given_out_again(database: Database) -> None:
    """People quote it, so the newest may be deleted and still keeps its number."""
    place = await world(database)
    execution = await ask(database, place, parameters={})
    async with database.begin() as repos:
        await repos.session.change(table.delete().where(table.c.id == execution.id))

    following = await ask(database, place)

    assert following.id > execution.id


async def test_marks_show_in_the_execution(database: Database, clock: Clock) -> None:
    """Lines, warnings and progress of the present attempt are the execution's."""
    execution = await _running(database, clock)
    told = mark(
        execution,
        out_offset=5_000_000_000,
        last_line=12,
        warnings=2,
        progress_done=12.0,
        progress_total=40.0,
        progress_words="pacientes 😀",
        result={"imported": "12"},
        last_output_at=clock(),
    )

    async with database.begin() as repos:
        stored = await repos.attempts.advance([told])
        found = await repos.executions.get(execution.id)
        attempt = await repos.attempts.get(execution.id, 1)

    assert stored == 1
    assert found is not None
    assert (found.lines, found.warnings) == (12, 2)
    assert found.progress == Progress(done=12, total=40, words="pacientes 😀")
    assert (attempt.out_offset, attempt.result) == (5_000_000_000, {"imported": "12"})
    assert attempt.last_output_at == clock()


@pytest.mark.parametrize("total", [1234567.0, 123456789012.5, 1e50])
async def test_progress_comes_back_as_it_was_told(
    database: Database, clock: Clock, total: float
) -> None:
    """A count of bytes has many digits, and a pattern of a job may catch what is no count."""
    execution = await _running(database, clock)
    told = mark(execution, progress_done=total - 1, progress_total=total)

    async with database.begin() as repos:
        await repos.attempts.advance([told])
        found = await repos.executions.get(execution.id)

    assert found is not None
    assert found.progress == Progress(done=total - 1, total=total)


async def test_marks_count_also_when_they_change_nothing(database: Database, clock: Clock) -> None:
    """The same offsets twice are stored twice: MariaDB must count rows found, not changed."""
    execution = await _running(database, clock)

    async with database.begin() as repos:
        counts = [await repos.attempts.advance([mark(execution)]) for _ in range(2)]

    assert counts == [1, 1]


async def test_a_second_attempt_goes_on_counting_lines(database: Database, clock: Clock) -> None:
    """Line numbers belong to the execution, not to the attempt."""
    execution = await _running(database, clock)

    async with database.begin() as repos:
        await repos.attempts.advance([mark(execution, last_line=7)])
        await repos.attempts.add(execution.id, 2, fence=2)
        second = await repos.attempts.get(execution.id, 2)

    assert (second.last_line, second.out_offset, second.created_at) == (7, 0, clock.now)


async def test_a_confirmation_is_kept_with_its_plan(database: Database, clock: Clock) -> None:
    """Who, what, to which plan, when; of one person's answers to a plan the last one."""
    place = await world(database)
    execution = await ask(database, place)

    async with database.begin() as repos:
        await repos.confirmations.put(execution.id, "U2", answer="confirmed", plan_hash="f" * 64)
        await repos.confirmations.put(
            execution.id, "U2", answer="discarded", plan_hash="f" * 64, reason="não hoje 😀"
        )
        (row,) = await repos.session.rows(select(confirmations))

    assert (row["person"], row["answer"], row["reason"]) == ("U2", "discarded", "não hoje 😀")
    assert row["created_at"] == clock.now


async def test_a_waiting_run_is_reminded_of_once(database: Database, clock: Clock) -> None:
    """The first one wins; what is queued, or has time, is not reminded of at all."""
    place = await world(database)
    until, later = clock(), clock() + timedelta(microseconds=1)
    waiting = await ask(database, place, status=Status.AWAITING_CONFIRMATION, expires_at=until)
    await ask(database, place, status=Status.AWAITING_CONFIRMATION, expires_at=later)
    queued = await ask(database, place)

    async with database.begin() as repos:
        listed = await repos.deadlines.unreminded(until, 0, 9)
        won = [await repos.deadlines.remind(waiting.id, clock()) for _ in range(2)]
        won.append(await repos.deadlines.remind(queued.id, clock()))
        after = await repos.executions.get(waiting.id)

    assert (listed, won) == ([waiting.id], [True, False, False])
    assert after is not None
    assert (after.reminded_at, after.version) == (clock.now, waiting.version + 1)
    async with database.read() as repos:
        assert await repos.deadlines.unreminded(until, 0, 9) == []


async def test_no_line_is_left_when_its_offset_is_refused(database: Database, clock: Clock) -> None:
    """Lines and offset are one transaction: an error between them leaves neither."""
    execution = await _running(database, clock)

    async def broken() -> None:
        async with database.begin() as repos:
            await repos.attempts.advance([mark(execution, last_line=3)])
            await repos.log_lines.add(blocks([line(execution, 3, "x", clock)]))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await broken()

    async with database.read() as repos:
        attempt = await repos.attempts.get(execution.id, 1)
        lines = await repos.session.rows(select(log_lines))
    assert (attempt.last_line, lines) == (0, [])


async def _running(database: Database, clock: Clock) -> Execution:
    place = await world(database)
    execution = await ask(database, place)
    return await claim(database, execution.id, "w1", clock)
