"""The commands under ``ferry audit``."""

import asyncio
import sys
from contextlib import aclosing

import click

from bot import auditing, settings
from executor.rules.audit_filter import EXAMPLES, moment
from executor.rules.chain import noted_head


@click.group()
def audit() -> None:
    """Read, export and verify the log of what happened."""


@audit.command()
@click.option("--since", "noted", default="", help="A head that was noted elsewhere: 12000:ab12…")
def verify(noted: str) -> None:
    """Say whether the log is as it was written; exit status 1 if not."""
    known = noted_head(noted) if noted else None
    found = asyncio.run(auditing.verdict(settings.read(), known))
    if found.fault:
        good = "Nothing comes before it." if not found.count else _before(found.count)
        click.echo(f"✗ {found.fault}\n  {good}")
        sys.exit(1)
    kept = f", and the head that was noted ({known.id}) is among them" if known else ""
    click.echo(f"✓ {found.count:,} events{kept}, head {found.head}")


@audit.command(name="list")
@click.argument("filters", nargs=-1)
@click.option("-n", "--count", default=20, show_default=True, help="How many.")
def list_(filters: tuple[str, ...], count: int) -> None:
    """List the last events, newest first; FILTERS as in Slack: '#128' staging since 2026-11-01."""
    for line in asyncio.run(auditing.listed(settings.read(), filters, count)):
        click.echo(line)


list_.epilog = EXAMPLES.replace("`", "")


@audit.command()
@click.option("--since", "after", default=0, help="Only events after this number.")
@click.option("--from", "begin", default="", help="Only from this day on: 2026-11-01.")
@click.option("--to", "end", default="", help="Only up to this day, included.")
def export(after: int, begin: str, end: str) -> None:
    """Print the events as JSON lines, oldest first, with all that their hashes are made of."""
    since = moment(begin) if begin else None
    until = moment(end, is_end=True) if end else None

    async def write() -> None:
        async with aclosing(auditing.exported(settings.read(), after, since, until)) as lines:
            async for line in lines:
                click.echo(line, nl=False)

    asyncio.run(write())


def _before(count: int) -> str:
    return f"The {count:,} event{'' if count == 1 else 's'} before it {_are(count)} as written."


def _are(count: int) -> str:
    return "is" if count == 1 else "are"
