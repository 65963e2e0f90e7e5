"""Claim, lease, take-over: each execution has one owner, whoever asks at once."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import timedelta

from db.database import Database
from db.model.execution import LIVE, Execution, Status
from tests.db.seeds import LEASE, STAGING, World, ask, blocks, claim, line, mark, world
from tests.support.database import Clock

CONCURRENCY = 3
RUNS = 12
WORKERS = 20


async def test_twenty_workers_claim_each_execution_once_in_order(
    database: Database, clock: Clock
) -> None:
    """None twice, none forgotten, first in first out, and never more than there is room for."""
    place = await world(database, concurrency=CONCURRENCY)
    numbers = [(await ask(database, place)).id for _ in range(RUNS)]
    claimed: list[int] = []
    running: list[int] = []
    full = asyncio.Event()

    async def work(name: str) -> None:
        while len(claimed) < RUNS:
            mine = await _claim_oldest(database, name, clock, claimed, running)
            if mine is None:
                await asyncio.sleep(0.02)  # a worker looks again after a while
                continue
            if running[-1] >= CONCURRENCY:
                full.set()
            await full.wait()  # so that the first runs overlap for certain
            async with database.begin() as repos:
                await repos.executions.change(
                    mine, expect={Status.RUNNING}, status=Status.SUCCEEDED
                )

    async with asyncio.timeout(30):
        await asyncio.gather(*(work(f"w{number}") for number in range(WORKERS)))

    assert claimed == numbers
    assert max(running) == CONCURRENCY


async def test_twenty_workers_who_want_one_execution_get_it_once(
    database: Database, clock: Clock
) -> None:
    """Compare-and-set alone decides, also for those who did not lock the environment."""
    place = await world(database)
    execution = await ask(database, place)

    async def want(number: int) -> bool:
        async with database.begin() as repos:
            return await repos.leases.claim(execution.id, f"w{number}", clock() + LEASE)

    won = await asyncio.gather(*(want(number) for number in range(WORKERS)))

    assert sum(won) == 1
    async with database.read() as repos:
        owned = await repos.executions.get(execution.id)
    assert owned is not None
    assert owned.worker == f"w{won.index(True)}"
    assert (owned.status, owned.fence, owned.attempt) == (Status.RUNNING, 1, 1)


async def test_twenty_workers_who_want_different_executions_fill_the_room_and_no_more(
    database: Database, clock: Clock
) -> None:
    """Counting and claiming is one step: nobody counts a place that another one is taking."""
    place = await world(database, concurrency=CONCURRENCY)
    numbers = [(await ask(database, place)).id for _ in range(WORKERS)]

    async def want(number: int) -> bool:
        async with database.begin() as repos:
            environment = await repos.environments.lock(place.environment.id)
            room = await repos.queue.next_in(environment, clock())
            return room is not None and await repos.leases.claim(
                number, f"w{number}", clock() + LEASE
            )

    won = await asyncio.gather(*map(want, numbers))

    assert sum(won) == CONCURRENCY


async def test_each_environment_has_its_own_queue(database: Database, clock: Clock) -> None:
    """A full environment does not hold up the others; the oldest of each is offered."""
    place = await world(database, concurrency=1)
    async with database.begin() as repos:
        other = await repos.environments.add(replace(STAGING, name="other", concurrency=1))
    elsewhere = World(other, place.source, place.job)
    running = await ask(database, place)
    waiting = [await ask(database, where) for where in (place, elsewhere, place, elsewhere)]
    await claim(database, running.id, "w1", clock)

    async with database.begin() as repos:
        offered = await repos.queue.waiting(clock())
        held = [await repos.environments.lock(number) for number in offered]
        first = [await repos.queue.next_in(environment, clock()) for environment in held]

    assert offered == [place.environment.id, other.id]
    assert first == [None, waiting[1].id]


async def test_the_last_place_of_a_job_is_not_counted_twice_in_two_environments(
    database: Database, clock: Clock
) -> None:
    """The job is held: the second one looks when the first has claimed."""
    place = await world(database)
    async with database.begin() as repos:
        other = await repos.environments.add(replace(STAGING, name="other"))
    elsewhere = World(other, place.source, place.job)
    first = await ask(database, place, job_concurrency=1)
    await ask(database, elsewhere, job_concurrency=1)

    async def look() -> int | None:
        async with database.begin() as repos:
            return await repos.queue.next_in(other, clock())

    async with database.begin() as repos:
        offered = await repos.queue.next_in(place.environment, clock())
        looking = asyncio.create_task(look())
        done, _ = await asyncio.wait({looking}, timeout=0.5)
        assert await repos.leases.claim(first.id, "w1", clock() + LEASE)

    assert (offered, done) == (first.id, set())
    assert await looking is None


async def test_what_waited_too_long_is_not_claimed_and_holds_nobody_up(
    database: Database, clock: Clock
) -> None:
    """Neither those behind it with its key, nor does it start if it was offered a moment before."""
    place = await world(database)
    late = await ask(
        database, place, concurrency_key="p:1", queue_expires_at=clock() + timedelta(seconds=60)
    )
    behind = await ask(database, place, concurrency_key="p:1")
    async with database.begin() as repos:
        offered = [await repos.queue.next_in(place.environment, clock())]
        before = [await repos.queue.before_with_key(behind), len(await repos.queue.ahead(behind))]
    clock.advance(60)

    async with database.begin() as repos:
        won = await repos.leases.claim(late.id, "w1", clock() + LEASE)
        offered.append(await repos.queue.next_in(place.environment, clock()))
        now = [await repos.queue.before_with_key(behind), len(await repos.queue.ahead(behind))]

    assert (offered, won) == ([late.id, behind.id], False)
    assert (before, now) == ([late.id, 1], [0, 0])


async def test_a_lease_that_ran_out_is_taken_over_once(database: Database, clock: Clock) -> None:
    """Of twenty who see it one gets it, under a new fence, as the same attempt."""
    old = await _running(database, clock)
    clock.advance(LEASE.total_seconds())
    async with database.read() as repos:
        left = await repos.leases.abandoned(clock(), limit=10)

    async def take(number: int) -> bool:
        async with database.begin() as repos:
            return await repos.leases.take_over(left[0], f"n{number}", clock() + LEASE)

    won = await asyncio.gather(*(take(number) for number in range(WORKERS)))

    assert [execution.id for execution in left] == [old.id]
    assert sum(won) == 1
    async with database.read() as repos:
        taken = await repos.executions.get(old.id)
    assert taken is not None
    assert (taken.fence, taken.attempt, taken.resumed) == (old.fence + 1, old.attempt, 1)
    assert taken.worker == f"n{won.index(True)}"


async def test_a_lease_that_holds_is_not_abandoned(database: Database, clock: Clock) -> None:
    """A microsecond before its end it still belongs to its owner."""
    await _running(database, clock)
    clock.advance(LEASE.total_seconds() - 0.000001)

    async with database.read() as repos:
        assert await repos.leases.abandoned(clock(), limit=10) == []


async def test_the_longest_lease_holds_and_a_longer_one_is_of_a_wrong_clock(
    database: Database, clock: Clock
) -> None:
    """No worker gives one that ends so far ahead: who did may be dead, and nobody would know."""
    old = await _running(database, clock)
    longest = timedelta(minutes=15)
    found = []
    for lease in (longest, longest + timedelta(microseconds=1)):
        async with database.begin() as repos:
            await repos.leases.renew("w1", [old.id], clock() + lease)
            found.append([one.id for one in await repos.leases.abandoned(clock(), limit=10)])

    assert found == [[], [old.id]]


async def test_an_owner_who_comes_back_in_time_keeps_its_run(
    database: Database, clock: Clock
) -> None:
    """A renewal between the look and the take-over wins."""
    old = await _running(database, clock)
    clock.advance(LEASE.total_seconds())
    async with database.begin() as repos:
        renewed = await repos.leases.renew("w1", {old.id}, clock() + LEASE)

    async with database.begin() as repos:
        taken = await repos.leases.take_over(old, "w2", clock() + LEASE)

    assert renewed == {old.id}
    assert not taken


async def test_who_lost_its_lease_can_write_nothing_more(database: Database, clock: Clock) -> None:
    """State, attempt and offsets are all behind the fence."""
    old = await _running(database, clock)
    await _take(database, old, clock)

    async with database.begin() as repos:
        wrote = [
            await repos.executions.change(
                old.id, expect=LIVE, fence=old.fence, status=Status.SUCCEEDED
            ),
            await repos.attempts.change(old.id, 1, fence=old.fence, exit_status=0),
            await repos.attempts.advance([mark(old, out_offset=99)]),
            await repos.leases.renew("w1", {old.id}, clock() + LEASE),
        ]
        attempt = await repos.attempts.get(old.id, 1)

    assert wrote == [False, False, 0, set()]
    assert (attempt.out_offset, attempt.exit_status) == (0, None)


async def test_a_take_over_waits_for_lines_that_are_being_stored(
    database: Database, clock: Clock
) -> None:
    """The new owner begins where the old one's last transaction ended, whichever came first."""
    old = await _running(database, clock)

    async def write() -> bool:
        async with database.begin() as repos:
            if await repos.attempts.advance([mark(old, last_line=2)]) == 0:
                return False
            lines = [line(old, number, "x", clock) for number in (1, 2)]
            await repos.log_lines.add(blocks(lines))
            return True

    wrote, _ = await asyncio.gather(write(), _take(database, old, clock))

    async with database.read() as repos:
        attempt = await repos.attempts.get(old.id, 1)
        stored = await repos.log_lines.page(old.id, 0, 10)
    assert (attempt.last_line, len(stored)) == ((2, 2) if wrote else (0, 0))


async def test_renewing_extends_only_ones_own(database: Database, clock: Clock) -> None:
    """What is over or somebody else's is not among the answers."""
    place = await world(database)
    mine, others, over = [await ask(database, place) for _ in range(3)]
    await claim(database, mine.id, "w1", clock)
    await claim(database, others.id, "w2", clock)
    await claim(database, over.id, "w1", clock)
    until = clock.now + 2 * LEASE
    async with database.begin() as repos:
        await repos.executions.change(over.id, expect={Status.RUNNING}, status=Status.FAILED)

    async with database.begin() as repos:
        kept = await repos.leases.renew("w1", {mine.id, others.id, over.id}, until)
        leases = {e.id: e.lease_until for e in await repos.history.active(None)}

    assert kept == {mine.id}
    assert leases == {mine.id: until, others.id: clock.now + LEASE}


async def test_released_leases_are_abandoned_at_once(database: Database, clock: Clock) -> None:
    """A worker that stops in good order leaves nothing to wait for."""
    place = await world(database)
    mine, others = [await ask(database, place) for _ in range(2)]
    await claim(database, mine.id, "w1", clock)
    await claim(database, others.id, "w2", clock)

    async with database.begin() as repos:
        await repos.leases.release("w1", clock())
    async with database.read() as repos:
        left = await repos.leases.abandoned(clock(), limit=10)

    assert [execution.id for execution in left] == [mine.id]


async def test_cancels_are_seen_by_their_owner(database: Database, clock: Clock) -> None:
    """Only those asked about, only those to be stopped."""
    place = await world(database)
    runs = [await ask(database, place) for _ in range(3)]
    for execution in runs:
        await claim(database, execution.id, "w1", clock)
    async with database.begin() as repos:
        for execution in runs[:2]:
            await repos.executions.change(
                execution.id, expect={Status.RUNNING}, status=Status.CANCELLING
            )

    async with database.read() as repos:
        seen = await repos.leases.cancelling({runs[1].id, runs[2].id})
        none = await repos.leases.cancelling(set())

    assert (seen, none) == ({runs[1].id}, set())


async def test_log_writing_and_leases_do_not_block_each_other(
    database: Database, clock: Clock
) -> None:
    """Lines, renewals and changes of the same runs at once: no deadlock, no wait that runs out."""
    place = await world(database, concurrency=50)
    runs = [await ask(database, place) for _ in range(12)]
    runs = [await claim(database, execution.id, "w1", clock) for execution in runs]
    rounds = 12
    done: Counter[str] = Counter()

    async def write(mine: list[Execution]) -> None:
        for turn in range(rounds):
            marks = [mark(execution, last_line=turn + 1) for execution in mine]
            async with database.begin() as repos:
                await repos.attempts.advance(marks)
                await repos.log_lines.add(blocks(line(e, turn + 1, "x" * 200, clock) for e in mine))
            done["write"] += 1

    async def renew() -> None:
        for turn in range(rounds * 2):
            until = clock.now + timedelta(seconds=60 + turn)
            async with database.begin() as repos:
                await repos.leases.renew("w1", [execution.id for execution in runs], until)
            done["renew"] += 1

    async def change(execution: Execution) -> None:
        for _ in range(rounds):
            async with database.begin() as repos:
                await repos.executions.change(execution.id, expect=LIVE, fence=execution.fence)
            done["change"] += 1

    odd, even = runs[::-2], runs[::2]
    await asyncio.gather(write(odd), write(even), renew(), *map(change, runs[:4]))

    assert done == {"write": rounds * 2, "renew": rounds * 2, "change": rounds * 4}


async def _running(database: Database, clock: Clock) -> Execution:
    place = await world(database)
    execution = await ask(database, place)
    return await claim(database, execution.id, "w1", clock)


async def _take(database: Database, old: Execution, clock: Clock) -> None:
    async with database.begin() as repos:
        assert await repos.leases.take_over(old, "w2", clock() + LEASE)


async def _claim_oldest(
    database: Database, worker: str, clock: Clock, claimed: list[int], running: list[int]
) -> int | None:
    """Claim as a worker does; note the number, and how many run there now."""
    async with database.read() as repos:
        waiting = await repos.queue.waiting(clock())
    for environment in waiting:
        async with database.begin() as repos:
            held = await repos.environments.lock(environment)
            oldest = await repos.queue.next_in(held, clock())
            if oldest and await repos.leases.claim(oldest, worker, clock() + LEASE):
                claimed.append(oldest)
                active = await repos.history.active(environment)
                running.append(sum(execution.status in LIVE for execution in active))
                return oldest
    return None
