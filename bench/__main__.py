"""``python -m bench [--quick] [a b c d e f]``: measure, print tables and bars, write JSON."""

import asyncio
import json
import os
import platform
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bench import crowd, flood, latency, statements, throughput
from bench.place import Place, place
from bench.report import Section
from bench.sizes import FULL, QUICK, Sizes
from bot import logging
from bot.settings import LogFormat

Measure = Callable[[Place, Sizes, Callable[[str], None]], Awaitable[list[Section]]]
PARTS: dict[str, Measure] = {
    "a": throughput.measure,
    "b": statements.measure,
    "c": latency.measure,
    "d": crowd.measure,
    "e": flood.measure,
    "f": crowd.measure,
}
FOLDER = Path("var/bench")


@click.command()
@click.argument("parts", nargs=-1)
@click.option("--quick", is_flag=True, help="Small sizes: shows that it works, measures nothing.")
@click.option("--folder", type=click.Path(path_type=Path), default=FOLDER, show_default=True)
def main(parts: tuple[str, ...], *, quick: bool, folder: Path) -> None:
    """Measure PARTS (a b c d e f; all of them by default); d and f are measured together."""
    wanted = set(parts or PARTS)
    if unknown := wanted - set(PARTS):
        raise click.UsageError(f"no part {', '.join(sorted(unknown))}; there are {' '.join(PARTS)}")
    logging.configure("warning", LogFormat.CONSOLE)
    begin = time.monotonic()
    with place() as where:
        sections = asyncio.run(_measure(where, QUICK if quick else FULL, wanted))
    bars = [bar for section in sections for bar in section.bars]
    click.echo("\n" + "\n".join(section.text() for section in sections))
    click.echo("\n".join(["Bars", "────", *(bar.line for bar in bars)]))
    told = folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S}{'-quick' if quick else ''}.json"
    told.parent.mkdir(parents=True, exist_ok=True)
    report = {"quick": quick, "seconds": time.monotonic() - begin, "machine": _machine()}
    report["sections"] = [section.as_dict() for section in sections]
    told.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    reached = sum(bar.is_reached for bar in bars)
    click.echo(f"\n{reached} of {len(bars)} bars reached. Written: {told}")


async def _measure(where: Place, sizes: Sizes, wanted: set[str]) -> list[Section]:
    def say(words: str) -> None:
        click.echo(f"{datetime.now(UTC):%H:%M:%S} {words}", err=True)

    measures = dict.fromkeys(measure for part, measure in PARTS.items() if part in wanted)
    return [section for measure in measures for section in await measure(where, sizes, say)]


def _machine() -> dict[str, Any]:
    return {
        "cores": os.cpu_count(),
        "load": os.getloadavg(),
        "system": platform.platform(),
        "python": sys.version.split()[0],
    }


if __name__ == "__main__":
    main()
