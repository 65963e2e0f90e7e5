"""Whether a run came through: every byte, its end, its one execution, and what Slack tells of it."""

from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import suppress
from pathlib import Path

from db.model.execution import Attempt, Execution, LogLine, Status, Stream
from executor.services import Services
from tests.faults.reference import lines_of
from tests.faults.stage import Played, Stage

_PAGE = 5000
#: Said as often as it happens: the others are said once.
_ANY_NUMBER = ("has not answered for", "Connected again", "The bot was restarted")


async def came_through(
    stage: Stage,
    *runs: Played,
    status: Status = Status.SUCCEEDED,
    exit_status: int | None = 0,
    is_whole: bool = True,
) -> list[Execution]:
    """Check everything of *runs*, once they are over and told; count it in the stage's tally.

    *is_whole*: the script came to its end, so its last byte is to be there.
    """
    ended = [await stage.told(played) for played in runs]
    tally = stage.tally
    for played, execution in zip(runs, ended, strict=True):
        result = played.recording.result if is_whole else {}
        is_right = (execution.status, execution.exit_status, dict(execution.result)) == (
            status,
            exit_status,
            result,
        )
        tally.runs += 1
        tally.ends += not is_right
        tally.twice += played.times() != 1
        tally.left += len(processes_of(execution))
        await _compare(stage, played, execution, is_whole=is_whole)
        await _read_slack(stage, played, execution)
    told = [f"#{one.id} {one.status} {one.exit_status} {dict(one.result)}" for one in ended]
    assert tally.found() == {}, told
    return ended


def processes_of(execution: Execution) -> list[str]:
    """Return the command lines of what still carries the cookie of *execution*."""
    cookie = f"FERRY_RUN={execution.key}-".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended while we looked
            if cookie in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().decode(errors="replace"))
    return found


async def attempt_of(stage: Stage, execution: Execution) -> Attempt:
    """Return the last attempt of *execution*."""
    return (await stage.house.services.queue.brief(execution)).attempt


async def stored(services: Services, number: int) -> AsyncIterator[LogLine]:
    """Yield every stored line of an execution by its number, some thousand at a time."""
    after = 0
    while True:
        async with services.history._db.read() as repos:
            page = await repos.log_lines.page(number, after, _PAGE)
        for line in page:
            yield line
        if not page:
            return
        after = page[-1].number


async def _compare(stage: Stage, played: Played, execution: Execution, *, is_whole: bool) -> None:
    """Count what of the output is not in the database as it was printed."""
    tally, attempt = stage.tally, await attempt_of(stage, execution)
    lines = [line async for line in stored(stage.house.services, execution.id)]
    numbers = [line.number for line in lines]
    tally.lines += len(lines)
    tally.wrong += numbers != list(range(1, len(numbers) + 1))
    tally.offsets += attempt.last_line != len(numbers)
    offsets = {Stream.OUT: attempt.out_offset, Stream.ERR: attempt.err_offset}
    for stream, offset in offsets.items():
        printed = played.recording.bytes_of(stream)
        tally.offsets += is_whole and offset != len(printed)
        got = [line.text for line in lines if line.stream is stream]
        _count(stage, lines_of(printed[:offset]), got)


def _count(stage: Stage, expected: Iterable[str], got: list[str]) -> None:
    wanted = list(expected)
    if wanted == got:
        return
    lost, doubled = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
    stage.tally.lost += lost.total()
    stage.tally.doubled += doubled.total()
    stage.tally.wrong += not lost and not doubled


async def _read_slack(stage: Stage, played: Played, execution: Execution) -> None:
    """Count what Slack does not tell as it is, or not once."""
    cards = await stage.house.cards(played.card)
    word = execution.status.value.replace("_", " ")
    stage.tally.cards += len(cards) != 1 or word not in cards[0]["text"]
    posts = await stage.house.thread(played.card)
    once = [post for post in posts if not any(words in post for words in _ANY_NUMBER)]
    begun = [post for post in once if "started on" in post]
    ended = [post for post in once if word in post and "Log of" not in post]
    logs = [post for post in once if "Log of" in post]
    is_right = len(begun) <= 1 and len(ended) == 1 and len(logs) == (execution.lines > 0)
    stage.tally.posts += not is_right or len(once) != len(begun) + len(ended) + len(logs)
