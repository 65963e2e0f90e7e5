"""Parts d and f: 200 runs print at once: how late are their lines, and how late the acks.

One ``ferry serve`` on MariaDB does all of it. The scripts start, wait for a common sign, and print
25 lines a second each with the time in every line. The first and the last seconds do not count:
what is measured is 200 runs that all print, not 200 that start or end.
"""

import asyncio
import os
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import pymysql  # type: ignore[import-untyped]

from bench import procfs
from bench.engine import ROOMY, end, launch
from bench.limits import login
from bench.observer import Seen
from bench.place import Place
from bench.report import Bar, Section, percentile
from bench.sizes import Sizes
from db.model.execution import Execution
from db.schema import log_lines
from playground.delivery import ACK_S
from tests.acceptance.house import House
from tests.acceptance.looking import until_true
from tests.acceptance.process import ROOT, Serve, served

RATE = 25  # lines a second and run
PRINTER = Path(__file__).with_name("printer.py")
COMMANDS = ("/migrate status", "/migrate help")
EVERY_S = 0.2
_STARTS_WITHIN_S = 240


@dataclass(slots=True, kw_only=True)
class Found:
    """What came of it; times in milliseconds unless they end in _s."""

    goes_first: bool  #: bot and database went before the scripts
    launching_s: float
    ending_s: float
    quiet_acks: list[float]
    acks: list[float]
    printing_s: float
    bot_s: float  #: of processor time meanwhile, like the next two
    mariadb_s: float
    machine_s: float
    peak_mb: float
    lags: list[float]
    lines: int
    lost: int  #: lines that are not there, not in order, or there twice


async def measure(place: Place, sizes: Sizes, say: Callable[[str], None]) -> list[Section]:
    """Return one table for the lines and one for the acks."""
    url = await place.fresh("MariaDB")
    home = Path(tempfile.mkdtemp(prefix="crowd-", dir=place.folder))
    slots = str(sizes.crowd_runs)
    async with (
        served(home, place.host, database_url=url, WORKER_SLOTS=slots) as (house, serve),
        AsyncExitStack() as stack,
    ):
        folder = await _furnish(house, sizes)
        quiet = await _acks(house, await house.channel(), sizes.crowd_quiet)
        begin = time.monotonic()
        runs = await _start(house, folder, sizes)
        launching_s = time.monotonic() - begin
        say(f"d {len(runs)} runs have started in {launching_s:.0f} s")
        procfs.forget_peak(serve.pid)
        goes_first = stack.enter_context(procfs.going_first())
        async with _observer(url, home / "seen"):
            (folder / "go").touch()
            go = time.time_ns()
            before = _used(serve, place)
            acks = await _acks(house, runs[0].channel_id, int(sizes.crowd_s / EVERY_S))
            used = [now - then for now, then in zip(_used(serve, place), before, strict=True)]
            printed = time.monotonic()
            for run in runs:
                await end(house.services, run)
            ending_s = time.monotonic() - printed
        peak_mb = procfs.peak_mb(serve.pid)
    say(f"d all ends are recorded, {ending_s:.0f} s after the last line")
    lags, lost = _compare(url, runs, Seen(home / "seen"), go, sizes)
    found = Found(
        goes_first=goes_first,
        launching_s=launching_s,
        ending_s=ending_s,
        quiet_acks=quiet,
        acks=acks,
        printing_s=used[0],
        bot_s=used[1],
        mariadb_s=used[2],
        machine_s=used[3],
        peak_mb=peak_mb,
        lags=lags,
        lines=sizes.crowd_s * RATE * len(runs),
        lost=lost,
    )
    return [_lag_section(found, sizes), _ack_section(found)]


async def _furnish(house: House, sizes: Sizes) -> Path:
    """Put the script on the host, with a job; return the folder where it looks for the sign."""
    folder = house.host.home / "crowd"
    folder.mkdir()
    folder.chmod(0o777)
    shutil.copy(PRINTER, folder / PRINTER.name)
    words = ("python3", "-S", "-E", folder / PRINTER.name, folder)
    numbers = (sizes.crowd_s * RATE, 1 / RATE)
    text = " ".join(map(str, (*words, *numbers)))
    await house.job("print", f'exec {text} "$1"', "run: integer")
    return folder


async def _start(house: House, folder: Path, sizes: Sizes) -> list[Execution]:
    """Return the runs once every script waits for the sign; an environment takes 50 at once."""
    runs: list[Execution] = []
    for number in range(sizes.crowd_runs):
        if number % ROOMY == 0:
            name = f"crowd-{number}"
            await house.environment(name, concurrency=ROOMY)
            channel = await house.channel(name)
        runs.append(await launch(house.services, "print", channel, run=str(number)))
    await until_true(
        lambda: len(list(folder.glob("ready-*"))) == len(runs),
        "every script has started",
        within_s=_STARTS_WITHIN_S,
    )
    return runs


def _used(serve: Serve, place: Place) -> tuple[float, ...]:
    bot_s, mariadb_s = procfs.cpu_s(serve.pid), procfs.cpu_s(place.mariadb.pid)
    return time.monotonic(), bot_s, mariadb_s, procfs.machine_s()


async def _acks(house: House, channel: str, count: int) -> list[float]:
    """Let Bruno type *count* commands, five a second; return how long their acks took, in ms.

    Slack gives up after three seconds: such a command counts as one of three seconds.
    """
    known = len(house.slack.control.deliveries())
    begin = time.monotonic()
    for number in range(count):
        await asyncio.sleep(begin + number * EVERY_S - time.monotonic())
        await house.bruno.tries("command", channel=channel, text=COMMANDS[number % 2])
    new = house.slack.control.deliveries()[known:]
    return [each["took_s"] * 1000 for each in new if each["kind"] == "slash_commands"]


@asynccontextmanager
async def _observer(url: str, file: Path) -> AsyncIterator[None]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench.observer", url, str(file), cwd=ROOT
    )
    try:
        await until_true(file.exists, "the observer looks")
        yield
    finally:
        process.terminate()
        await process.wait()


def _compare(
    url: str, runs: list[Execution], seen: Seen, go: int, sizes: Sizes
) -> tuple[list[float], int]:
    """Return the lags in ms of the lines that count, and how many of all lines are wrong."""
    count, edge = sizes.crowd_s * RATE, int(sizes.crowd_edge_s * 1e9)
    first, last = go + edge, go + int(sizes.crowd_s * 1e9) - edge
    lags: list[float] = []
    wrong = 0
    for run in runs:
        rows = _rows(url, run.id)
        words = [text.split() for _, text in rows]
        numbers = [int(word[1]) for word in words]
        there = set(numbers)
        wrong += len(set(range(count)) - there) + len(numbers) - len(there)
        wrong += sum(later < earlier for earlier, later in pairwise(numbers))
        for (line, _), word in zip(rows, words, strict=True):
            printed, when = int(word[2]), seen.when(run.id, line)
            if first <= printed <= last:
                lags.append(float("inf") if when is None else (when - printed) / 1e6)
    return lags, wrong


def _rows(url: str, execution_id: int) -> list[tuple[int, str]]:
    query = f"SELECT line_no, text FROM {log_lines.name} WHERE execution_id = %s AND stream = 'out'"
    with pymysql.connect(**login(url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"{query} ORDER BY line_no", (execution_id,))
        rows: Any = cursor.fetchall()
        return list(rows)


def _lag_section(found: Found, sizes: Sizes) -> Section:
    section = Section(f"d  {sizes.crowd_runs} runs at once, {RATE} lines/s each, into MariaDB")
    for name, percent in (("p50", 50), ("p99", 99), ("most", 100)):
        section.add(f"lag from line to row, {name}", "ms", [percentile(found.lags, percent)])
    section.add("processor time: bot", "s", [found.bot_s])
    section.add("processor time: MariaDB", "s", [found.mariadb_s])
    section.add("processor time: this machine, all in all", "s", [found.machine_s])
    section.add("peak memory of the bot", "MB", [found.peak_mb])
    section.add("until all had started", "s", [found.launching_s])
    section.add("until all ends were recorded", "s", [found.ending_s])
    section.add("lines printed", "lines", [found.lines])
    section.add("lines lost, doubled or out of order", "lines", [found.lost])
    section.notes += [
        f"Processor time: in {found.printing_s:.0f} s, of {os.cpu_count()} cores. Lag: that of",
        f"{len(found.lags):,} lines, seen by another connection that looks every 20 ms: it is",
        "too high by up to that, never too low.",
        "Bot, database and sshd went before the scripts, as if those had processors of their own."
        if found.goes_first
        else "The scripts and the bot shared the processors alike: only root may order them.",
    ]
    section.bars += [
        Bar("d  p99 lag from line to row, ms", percentile(found.lags, 99), 300),
        Bar("d  lines lost, doubled or out of order", found.lost, 0),
    ]
    return section


def _ack_section(found: Found) -> Section:
    section = Section("f  Ack of a slash command, as Slack sees it", base="quiet, p50")
    for name, acks in (("quiet", found.quiet_acks), ("while d goes on", found.acks)):
        for percent in (50, 99):
            section.add(f"{name}, p{percent}", "ms", [percentile(acks, percent)])
    given_up = sum(ack >= ACK_S * 1000 for ack in found.acks)
    section.notes += [
        f"{len(found.acks)} commands, five a second: {', '.join(COMMANDS)}.",
        f"{given_up} of them Slack gave up after {ACK_S:.0f} s.",
    ]
    section.bars.append(Bar("f  p99 ack while d goes on, ms", percentile(found.acks, 99), 250))
    return section
