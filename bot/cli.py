"""The command line: the same services underneath as Slack.

Click, because it is small, typed and everywhere; typer would add a layer over the same thing.
"""

import asyncio
import gc
import sys
from pathlib import Path
from typing import Any

import click

from bot import __version__, logging, settings, trusting
from bot import demo as demo_module
from bot.app import end_in_time, stop_event
from bot.audit_commands import audit
from bot.checkup import checkup
from bot.offline import log_of, recent
from bot.wiring import build
from db.migrations import upgrade
from db.model.errors import FerryError


class _Group(click.Group):
    """Tells expected errors as sentences: exit status 1, no traceback."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except FerryError as error:
            hint = f"\n{error.hint}" if error.hint else ""
            click.echo(f"ferry: {error.message}{hint}", err=True)
            ctx.exit(1)


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="ferry %(version)s")
def main() -> None:
    """Ferry runs data migrations over SSH from Slack, and tells the truth about them."""


@main.command()
def serve() -> None:
    """Run the bot: Slack, worker and janitor in one process."""
    given = settings.read()
    settings.require_slack(given)
    logging.configure(given.log_level, given.log_format)
    gc.collect()
    gc.freeze()  # what is imported by now stays: each full collection would look through it again
    asyncio.run(_serve(given))


@main.command()
@click.option("--port", default=8123, show_default=True, help="Of the page; 0 takes a free one.")
@click.option("--tour/--no-tour", default=None, help="Play the scripted tour and end.")
@click.option(
    "--home",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("var/demo"),
    show_default=True,
    help="Where the demo keeps its files; made anew at each start.",
)
def demo(port: int, home: Path, *, tour: bool | None) -> None:
    """Show everything on this machine: a Slack, a host, a migration. Nothing to configure."""
    plays = not sys.stdout.isatty() if tour is None else tour
    sys.exit(asyncio.run(demo_module.main(home, port=port, tour=plays)))


@main.command()
def check() -> None:
    """Say whether settings, database, tokens and hosts are good."""
    given = settings.read()
    logging.configure("error", given.log_format)
    problems = 0
    for line in asyncio.run(checkup(given)):
        problems += not line.is_good
        click.echo(f"{'✓' if line.is_good else '✗'} {line.words}")
    sys.exit(1 if problems else 0)


@main.command()
@click.argument("environment")
@click.option("--key", default="", help="Public key lines, in place of asking the host.")
@click.option("--yes", is_flag=True, help="Do not ask: the fingerprint was compared before.")
def trust(environment: str, key: str, *, yes: bool) -> None:
    """Pin the host key of ENVIRONMENT, after you compared its fingerprint."""
    given = settings.read()
    found, lines = asyncio.run(trusting.shown(given, environment, key))
    click.echo(trusting.comparison(found, lines))
    if lines == found.host_key:
        click.echo("That is what is pinned already: nothing changed.")
        return
    if yes or click.confirm("Is this what the host itself says? Pin it"):
        asyncio.run(trusting.pin(given, environment, lines))
        click.echo("Pinned. For runs that await their confirmation Ferry looks at the host anew.")


@main.group()
def db() -> None:
    """Look after the database."""


@db.command("upgrade")
def upgrade_db() -> None:
    """Bring the database to today's schema; does nothing when it is there already."""
    given = settings.read()
    asyncio.run(upgrade(given.database_url))
    click.echo("The database has today's schema.")


@main.command()
@click.option("-n", "--count", default=20, show_default=True, help="How many.")
def executions(count: int) -> None:
    """List the last runs, newest first."""
    for line in asyncio.run(recent(settings.read(), count)):
        click.echo(line)


@main.command()
@click.argument("number", type=int)
def logs(number: int) -> None:
    """Print the whole log of run NUMBER."""

    async def write() -> None:
        async for text in log_of(settings.read(), number):
            click.echo(text, nl=False)

    asyncio.run(write())


main.add_command(audit)


async def _serve(given: settings.Settings) -> None:
    stop = stop_event()
    await upgrade(given.database_url)  # not to be ended in the middle
    ending = asyncio.create_task(end_in_time(stop, given.stop_within_s), name="end-in-time")
    try:
        await build(given).run(stop)
    finally:
        ending.cancel()
