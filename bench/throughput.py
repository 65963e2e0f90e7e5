"""Part a: lines a second from a real sshd into each database, beside designs and limits."""

import asyncio
import gc
import time
from collections.abc import Awaitable, Callable

from bench import designs, engine, limits, lines
from bench.place import DATABASES, Place
from bench.report import Bar, Section
from bench.sizes import Sizes
from tests.acceptance.furnishing import furnish_job
from tests.support.world import STAGING

OURS = "Ferry, from a run on a host"
SINGLE = "a row and a commit a line"
FIFTY = "50 lines a commit"
RAW = "driver's executemany, 1,000 a commit"
BULK = {"MariaDB": "LOAD DATA LOCAL INFILE", "SQLite": "sqlite3 executemany, one commit"}
CAT = "ssh host cat >/dev/null"

Side = Callable[[str], Awaitable[float]]


class Sides:
    """Each method stores lines in the empty database at a URL and returns lines a second."""

    def __init__(self, place: Place, sizes: Sizes) -> None:
        self._place = place
        self._sizes = sizes
        self._file = lines.write_file(place.host.home / "lines.txt", sizes.run_lines)
        self._tuples = lines.tuples(sizes.memory_lines)
        self._rows = [lines.row(1, number) for number in range(1, sizes.design_lines + 1)]
        self._tsv = limits.write_tsv(place.folder / "rows.tsv", self._tuples)

    async def ours(self, url: str) -> float:
        """Let one run print a file; its time is the attempt's, start and end included."""
        host = self._place.host
        async with engine.engine(url, host) as bot:
            await furnish_job(bot.services, host, "print", f"exec cat ~/{self._file.name}")
            async with engine.working(bot):
                attempt = await engine.end(
                    bot.services, await engine.launch(bot.services, "print", STAGING)
                )
        if (stored := self._place.lines(url)) != self._sizes.run_lines:
            raise RuntimeError(f"{self._sizes.run_lines} lines printed, {stored} stored")
        if attempt.started_at is None or attempt.finished_at is None:
            raise RuntimeError("an attempt that succeeded has a beginning and an end")
        return stored / (attempt.finished_at - attempt.started_at).total_seconds()

    async def single(self, url: str) -> float:
        """Return the rate of the original's first design."""
        return await self._design(url, self._sizes.single_lines, 1)

    async def fifty(self, url: str) -> float:
        """Return the rate of the original's second design; nothing ever waits for its second."""
        return await self._design(url, self._sizes.design_lines, designs.BATCH)

    async def raw(self, url: str) -> float:
        """Return the rate of Ferry's driver alone."""
        begin = time.perf_counter()
        await limits.executemany(url, self._tuples)
        return len(self._tuples) / (time.perf_counter() - begin)

    async def bulk(self, url: str) -> float:
        """Return the rate of the database's own way in."""
        begin = time.perf_counter()
        await asyncio.to_thread(limits.bulk, url, self._tuples, self._tsv)
        return len(self._tuples) / (time.perf_counter() - begin)

    async def cat(self, _url: str = "") -> float:
        """Let OpenSSH fetch the file several times over, login included."""
        files = [str(self._file)] * self._sizes.cats
        begin = time.perf_counter()
        await limits.runs(*limits.openssh(self._place.host, self._place.folder), "cat", *files)
        return self._sizes.run_lines * len(files) / (time.perf_counter() - begin)

    async def _design(self, url: str, count: int, batch: int) -> float:
        async with designs.engine_of(url) as opened:
            await designs.write(opened, [lines.row(2, 1)])  # connected and compiled
            begin = time.perf_counter()
            await designs.write_all(opened, self._rows[:count], batch)
            return count / (time.perf_counter() - begin)


async def measure(place: Place, sizes: Sizes, say: Callable[[str], None]) -> list[Section]:
    """Return a table for each database; the sides take turns."""
    sides = Sides(place, sizes)
    gc.collect()
    gc.freeze()  # the prepared rows are nobody's garbage: Ferry must not be slowed by looking
    found: dict[str, dict[str, list[float]]] = {kind: {} for kind in DATABASES}
    for turn in range(sizes.rounds):
        for kind in DATABASES:
            for name, side in _sides(sides, kind).items():
                url = await place.fresh(kind)
                rate = await side(url)
                place.drop(url)
                found[kind].setdefault(name, []).append(rate)
                say(f"a {turn + 1}/{sizes.rounds} {kind}: {name}: {rate:,.0f} lines/s")
    gc.unfreeze()
    return [_section(kind, found[kind], sizes) for kind in DATABASES]


def _sides(sides: Sides, kind: str) -> dict[str, Side]:
    return {
        OURS: sides.ours,
        SINGLE: sides.single,
        FIFTY: sides.fifty,
        RAW: sides.raw,
        BULK[kind]: sides.bulk,
        CAT: sides.cat,
    }


def _section(kind: str, rates: dict[str, list[float]], sizes: Sizes) -> Section:
    section = Section(f"a  Log lines into {kind}", base=FIFTY)
    for name, samples in rates.items():
        section.add(name, "lines/s", samples)
    section.notes += [
        f"Ferry's: {sizes.run_lines:,} lines by SSH, from the start to the recorded end.",
        f"The others' lines are in memory; a commit a line: {sizes.single_lines:,} lines.",
        f"Ferry is {section.against(OURS, BULK[kind]):.2f} of {BULK[kind]}.",
        f"Ferry is {section.against(OURS, CAT):.3f} of {CAT}.",
    ]
    section.bars += [
        Bar(f"a  {kind}: Ferry / {FIFTY}", section.against(OURS, FIFTY), 2.2, is_most=False),
        Bar(f"a  {kind}: Ferry / {RAW}", section.against(OURS, RAW), 0.75, is_most=False),
    ]
    return section
