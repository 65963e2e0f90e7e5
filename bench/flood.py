"""Part e: how much memory a ``ferry serve`` on SQLite needs for one run that prints 1 GB."""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench import lines, procfs
from bench.engine import end, launch
from bench.place import Place
from bench.report import Bar, Section
from bench.sizes import Sizes
from tests.acceptance.looking import eventually
from tests.acceptance.process import served
from tests.support.world import STAGING

_FILE_LINES = 100_000
_PATIENCE_S = 1200


async def measure(place: Place, sizes: Sizes, say: Callable[[str], None]) -> list[Section]:
    """Return one table; the end is when the log is in the thread, or is said to be too large."""
    home = Path(tempfile.mkdtemp(prefix="flood-", dir=place.folder))
    count = min(_FILE_LINES, sizes.flood_bytes // 1000)
    file = lines.write_file(place.host.home / "flood.txt", count)
    times = -(-sizes.flood_bytes // file.stat().st_size)
    text = f"n=0; while [ $n -lt {times} ]; do cat ~/{file.name}; n=$((n + 1)); done"
    async with served(home, place.host) as (house, serve):
        await house.job("flood", text, timeout_s=_PATIENCE_S)
        idle = procfs.memory_mb(serve.pid)
        procfs.forget_peak(serve.pid)
        begin = time.monotonic()
        execution = await launch(house.services, "flood", STAGING)
        attempt = await end(house.services, execution)
        stored_s = time.monotonic() - begin
        stored_mb = procfs.peak_mb(serve.pid)
        say(f"e {attempt.out_offset:,} bytes in {attempt.last_line:,} lines, {stored_s:.0f} s")

        async def told() -> bool | None:
            return not await house.services.news.pending() or None

        await eventually(told, "the log is in the thread", within_s=_PATIENCE_S)
        told_s = time.monotonic() - begin
        peak_mb = procfs.peak_mb(serve.pid)
        attached = sum(map(len, house.slack.workspace.contents.values()))
        stored = place.lines(house.settings.database_url)
    if stored != (printed := times * count):
        raise RuntimeError(f"{printed} lines printed, {stored} stored")

    section = Section(f"e  One run prints {attempt.out_offset / 1e9:.2f} GB, into SQLite")
    section.add("memory when idle", "MB", [idle])
    section.add("peak above idle while it is stored", "MB", [stored_mb - idle])
    section.add("peak above idle until the log is in the thread", "MB", [peak_mb - idle])
    section.add("until all is stored", "s", [stored_s])
    section.add("until the log is in the thread", "s", [told_s])
    section.add("lines", "lines", [stored])
    section.notes.append(f"Handed to Slack: {attached / 1e6:,.1f} MB (compressed when large).")
    section.bars.append(Bar("e  peak memory above idle, MB", peak_mb - idle, 100))
    return [section]
