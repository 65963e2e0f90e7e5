"""A script that counts aloud until it is told to stop, and keeps its own record of how far.

It is in the middle of a line most of the time: that is where it is left, and found again.
"""

from dataclasses import dataclass
from pathlib import Path

from db.model.execution import Execution
from db.model.output import Stream
from tests.acceptance.house import House
from tests.acceptance.looking import Json, eventually, number_of, until_true

TEXT = """\
cd "$HOME/$1" || exit 9
i=0
while [ ! -e enough ]; do
    i=$((i + 1))
    printf 'line '
    sleep 0.02
    echo "$i"
    [ $((i % 7)) -ne 0 ] || echo "aside $i" >&2
    echo "$i" >far.new && mv far.new far
done
echo "::result lines=$i"
"""
JOB, PARAMETERS = "count-aloud", "folder: text"


@dataclass
class Counting:
    """One run of it."""

    ferry: House
    card: Json
    folder: Path

    @property
    def number(self) -> int:
        """The number of the execution."""
        return number_of(self.card)

    def far(self) -> int:
        """Return how far the script is, by its own record."""
        file = self.folder / "far"
        return int(file.read_text() or 0) if file.exists() else 0

    async def goes_on(self, by: int = 10) -> None:
        """Return once the script has counted further, whether anybody listens or not."""
        goal = self.far() + by
        await until_true(lambda: self.far() >= goal, "the script goes on")

    async def is_stored(self, by: int = 10) -> None:
        """Return once further lines are in the database."""
        goal = len(await self._out()) + by

        async def look() -> bool | None:
            return len(await self._out()) >= goal or None

        await eventually(look, f"{goal} lines are stored")

    async def ends(self) -> Execution:
        """Let the script end; check that all it said is there once, in order; return the end."""
        (self.folder / "enough").touch()
        execution = await self.ferry.over(self.card)
        far = self.far()
        *lines, result = await self._out()

        assert lines == [f"line {number}" for number in range(1, far + 1)]
        assert result == f"::result lines={far}"
        assert await self.ferry.lines(self.number, Stream.ERR) == [
            f"aside {number}" for number in range(7, far + 1, 7)
        ]
        assert execution.result == {"lines": str(far)}
        return execution

    async def _out(self) -> list[str]:
        return await self.ferry.lines(self.number, Stream.OUT)


async def counts(ferry: House, name: str, channel: str) -> Counting:
    """Let Bruno start the script in *channel*; return once some of it is stored and told."""
    if not await ferry.services.catalog.jobs(search=JOB):
        await ferry.job(JOB, TEXT, PARAMETERS)
    folder = ferry.host.home / name
    folder.mkdir(mode=0o777)
    folder.chmod(0o777)
    card = await ferry.asks(ferry.bruno, channel, f"{JOB} {name}")
    counting = Counting(ferry, card, folder)
    await counting.is_stored(20)
    await ferry.quiet()
    return counting
