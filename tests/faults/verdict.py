"""Whether a run came through: its bytes, its end, its one execution, and what Slack tells."""

from collections import Counter
from collections.abc import AsyncIterator, Collection

from db.model.execution import Attempt, Execution, Status
from db.model.output import LogLine, Stream
from executor.services import Services
from handlers.views.card import ANEW
from handlers.views.thread import MILESTONES
from tests.faults.processes import processes_of
from tests.faults.reference import lines_of
from tests.faults.stage import Played, Stage
from tests.faults.tally import Tally

_PAGE = 5000
#: Said as often as it happens: the others are said once.
_ANY_NUMBER = ("has not answered for", "Connected again", "The bot was restarted", "🔁", "🐢")


async def came_through(
    stage: Stage,
    *runs: Played,
    status: Status = Status.SUCCEEDED,
    exits: Collection[int | None] = (0,),
    is_whole: bool = True,
) -> list[Execution]:
    """Check everything of *runs*, once they are over and told; count it in the stage's tally.

    *exits*: the exit statuses that are right; *is_whole*: the script came to its end, so its last
    byte is to be there.
    """
    ended = [await stage.told(played) for played in runs]
    tally, seen = stage.tally, []
    for played, execution in zip(runs, ended, strict=True):
        is_right = execution.status is status and execution.exit_status in exits
        tally.runs += 1
        tally.ends += not is_right
        tally.ends += is_whole and dict(execution.result) != played.recording.result
        tally.twice += played.times() != 1
        tally.left += len(processes_of(execution))
        await _compare(stage, played, execution, is_whole=is_whole)
        seen.append(await _read_slack(stage, played, execution))
    told = [f"#{one.id} {one.status} {one.exit_status} {dict(one.result)}" for one in ended]
    assert tally.found() == {}, "\n".join([*told, *seen])
    return ended


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
    offsets = {Stream.OUT: attempt.out_offset, Stream.ERR: attempt.err_offset}
    printed = {stream: played.recording.bytes_of(stream) for stream in offsets}
    expected = {stream: lines_of(printed[stream][:offset]) for stream, offset in offsets.items()}
    number = 0
    strange: dict[Stream, tuple[list[str], list[str]]] = {}
    async for line in stored(stage.house.services, execution.id):
        number += 1
        tally.wrong += line.number != number
        if line.stream is Stream.NOTE:
            continue
        wanted = next(expected[line.stream], None)
        if line.stream in strange or line.text != wanted:
            lines = strange.setdefault(line.stream, ([], []))
            lines[0].extend([] if wanted is None else [wanted])
            lines[1].append(line.text)
    tally.lines += number
    tally.offsets += attempt.last_line != number
    for stream, offset in offsets.items():
        tally.offsets += is_whole and offset != len(printed[stream])
        wanted_rest, got = strange.get(stream, ([], []))
        _count(tally, [*wanted_rest, *expected[stream]], got)


def _count(tally: Tally, wanted: list[str], got: list[str]) -> None:
    """Count what differs, from the first difference on."""
    lost, doubled = Counter(wanted) - Counter(got), Counter(got) - Counter(wanted)
    tally.lost += lost.total()
    tally.doubled += doubled.total()
    tally.wrong += wanted != got and not lost and not doubled


async def _read_slack(stage: Stage, played: Played, execution: Execution) -> str:
    """Count what Slack does not tell as it is, or not once; return all that it tells."""
    *others, card = cards = await stage.house.cards(played.card)
    word = execution.status.value.replace("_", " ")
    # Killed between Slack's answer and its record, a bot leaves a card that the next one tells of.
    is_said = any(bot.kills for bot in stage.bots) and ANEW in str(card["blocks"])
    stage.tally.cards += word not in card["text"] or len(others) > is_said
    posts = await stage.house.thread({**played.card, "ts": card["ts"]})
    once = [post for post in posts if not any(words in post for words in _ANY_NUMBER)]
    begun = [post for post in once if "started on" in post]
    logs = [post for post in once if "Log of" in post or "could not be attached" in post]
    ended = [post for post in once if word in post and post not in logs]
    marks = [post for post in once if "📈" in post]  # of what takes two minutes
    # Killed between Slack's answer and its record, a bot leaves one thing to be said again.
    most = 1 + sum(bot.kills for bot in stage.bots)
    is_right = len(begun) <= most and 1 <= len(ended) <= most
    is_right &= (execution.lines > 0) <= len(logs) <= (execution.lines > 0) * most
    is_right &= len(marks) < len(MILESTONES) + most
    is_right &= len(once) - len(set(once)) < most
    is_right &= len(once) == len(begun) + len(ended) + len(logs) + len(marks)
    stage.tally.posts += not is_right
    return "\n".join([*(card["text"] for card in cards), *(f"    {post}" for post in posts)])
