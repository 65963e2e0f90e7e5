"""The scripted tour: people of the playground go the whole way, and each step is checked."""

from pathlib import Path
from typing import Any, Protocol

import click

from bot.furnish import PARAMETERS, PRODUCTION_CHANNEL, STAGING_CHANNEL
from bot.safe_walk import SafeWalk
from bot.transcript import Failed
from bot.walk import RUN_S, asks, check, listed
from executor.services import Services
from playground.host import SampleHost
from playground.sample import Installed

GOOD = {"Usuário": "drleandro", "Medpro practitioner": "fabiangc@example.com"}
LINE = "usuario=drleandro medpro-pract-id=fabiangc@example.com"


class Keeper(Protocol):
    """Whoever keeps a bot running."""

    @property
    def services(self) -> Services:
        """Return the services of the bot that runs now."""

    async def restart(self) -> None:
        """Stop the bot, and start another one."""


class Tour(SafeWalk):
    """One walk through an empty Ferry; *keeper* stops the bot and starts another one."""

    def __init__(
        self,
        url: str,
        host: SampleHost,
        sample: Installed,
        database: Path,
        keeper: Keeper,
    ) -> None:
        super().__init__(url, host, sample, database)
        self._keeper = keeper
        self._next: dict[str, Any] = {}  # the card of what waits behind the run that hangs

    async def play(self) -> int:
        """Return 0 if every step ended as it should, else 1."""
        click.echo(
            "Ferry's tour. People type and click in a Slack on this machine; the scripts really "
            f"run, with {self._sample.interpreter}, on a sample SSH host."
        )
        steps = (
            self.unbound,
            self.environments,
            self.bindings,
            self.source_and_job,
            self.refused_input,
            self.on_staging,
            self.on_production,
            self.failures,
            self.restarted,
            self.waiting,
            self.cancelled,
            self.changed_script,
            self.somebody_else,
            self.locked,
            self.verified,
            self.afterwards,
        )
        try:
            for step in steps:
                await step()
        except Failed:
            click.secho("\nThe tour ends here: that step did not end as it should.", fg="red")
            return 1
        click.secho(f"\nAll {self._tell.steps} steps ended as they should.", fg="green", bold=True)
        return 0

    async def unbound(self) -> None:
        """Show that a channel without an environment runs nothing and says how to begin."""
        async with self._tell.step("A channel that is not bound yet"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate envs")
            self._tell.says(await self._ana.told(STAGING_CHANNEL, "no environment yet"))

    async def environments(self) -> None:
        """Create staging and production in modals; the host's key is shown and trusted."""
        for name, kind in (("staging", "🟡 staging"), ("production", "🔴 production")):
            async with self._tell.step(f"Ana creates the environment {name}"):
                await self._types(self._ana, STAGING_CHANNEL, "/migrate new environment")
                view = await self._ana.modal("New environment")
                fields = {
                    "Name": name,
                    "Kind": kind,
                    "Host": self._host.address,
                    "Other settings": "Let me choose",
                    "Port": str(self._host.port),
                    "User": self._host.user,
                    "Key file": str(self._host.key_path),
                }
                self._tell.does("ana", f"fills in {name}, {self._host.address}, …")
                await self._fill_and_submit(self._ana, view, fields)
                trust = await self._ana.modal("Trust this host?", timeout=15)
                self._tell.says(trust)
                self._tell.does("ana", "compares the fingerprint: Trust and create")
                errors = await self._ana.submits(trust)
                check(not errors, f"the form was refused: {errors}")
                await self._created()

    async def bindings(self) -> None:
        """Bind each channel to its environment; a typo is answered with the nearest name."""
        async with self._tell.step("Channels are bound to environments"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate bind stagin")
            self._tell.says(await self._ana.told(STAGING_CHANNEL, "Did you mean"), whole=True)
            for channel, name in ((STAGING_CHANNEL, "staging"), (PRODUCTION_CHANNEL, "production")):
                await self._types(self._ana, channel, f"/migrate bind {name}")
                self._tell.says(await self._ana.sees(channel, "bound this channel"))

    async def source_and_job(self) -> None:
        """Create a source, then a job whose parameters have a mistake in line 3 at first."""
        async with self._tell.step("Ana creates a source and a job"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate new source")
            view = await self._ana.modal("New source")
            await self._fill_and_submit(self._ana, view, {"Name": "iclinic"})
            await self._created()
            await self._types(self._ana, STAGING_CHANNEL, "/migrate new job")
            view = await self._ana.modal("New job")
            wrong = PARAMETERS.replace("practitioner-id: integer", "practitioner-id: integr")
            fields: dict[str, Any] = {
                "Name": "import-patients",
                "Source": "iclinic",
                "Script": self._sample.script,
                "Interpreter": self._sample.interpreter,
                "Parameters": wrong,
            }
            self._tell.does("ana", "fills in the job, with a typo in line 3 of its parameters")
            view = await self._ana.fills(view, fields)
            errors = await self._ana.submits(view)
            self._tell.says({"text": errors.get("Parameters", "")}, where="at Parameters: ")
            check("Line 3" in errors.get("Parameters", ""), f"line 3 is not told: {errors}")
            await self._fill_and_submit(self._ana, view, {"Parameters": PARAMETERS})
            await self._created()

    async def refused_input(self) -> None:
        """Mistype values: they are told by name, all at once, and nothing starts."""
        async with self._tell.step("Bruno mistypes: nothing starts"):
            line = "/migrate run import-patients sistema=iclinc practitioner-id=abc pacient-id=3"
            await self._types(self._bruno, STAGING_CHANNEL, line)
            refused = await self._bruno.told(STAGING_CHANNEL, "need another look")
            self._tell.says(refused, whole=True)

    async def on_staging(self) -> None:
        """Run by the form; see the card with its progress, the thread, the log."""
        async with self._tell.step("Bruno imports 3,000 patients on staging"):
            await self._types(self._bruno, STAGING_CHANNEL, "/migrate run import-patients")
            view = await self._bruno.modal("Run a job")
            fields = {"Sistema": "iclinic", "Practitioner id": "320623", **GOOD}
            self._tell.does("bruno", f"fills in {listed(fields)}")
            await self._fill_and_submit(self._bruno, view, fields)
            for words in ("Running", "%"):
                await self._bruno.sees(STAGING_CHANNEL, words, timeout=RUN_S)
            card = await self._bruno.sees(STAGING_CHANNEL, "%", timeout=RUN_S)
            self._tell.says(card)
            card = await self._bruno.sees(STAGING_CHANNEL, "Succeeded", timeout=RUN_S)
            self._tell.says(card)
            check("imported=2950" in card["text"], f"imported=2950 is not in {card['text']!r}")
            await self._thread(card, "succeeded", "Log of #")

    async def on_production(self) -> None:
        """Confirm what the card shows; a second answer is told who was first."""
        async with self._tell.step("On production Bruno's run waits for its button"):
            line = f"/migrate run import-patients sistema=iclinic practitioner-id=320700 {LINE}"
            await self._types(self._bruno, PRODUCTION_CHANNEL, line)
            words = "this is exactly what will run"
            asked = await self._bruno.sees(PRODUCTION_CHANNEL, words, timeout=RUN_S)
            self._tell.says(asked, whole=True)
            self._tell.does("bruno", "presses Run on production, and Run it in the dialog")
            await self._bruno.clicks(asked, "Run on production", confirm=True)
            await self._bruno.sees(PRODUCTION_CHANNEL, "confirmed by")
            self._tell.does("ana", "presses Discard on the card as she still sees it")
            await self._ana.clicks(asked, "Discard", confirm=asks(asked), as_shown=True)
            self._tell.says(await self._ana.told(PRODUCTION_CHANNEL, "already confirmed"))
            card = await self._bruno.sees(PRODUCTION_CHANNEL, "Succeeded", timeout=RUN_S)
            self._tell.says(card)

    async def failures(self) -> None:
        """Fail in two ways: two categories, each with what to do."""
        async with self._tell.step("A script that says no"):
            line = f"/migrate run import-patients sistema=iclinic practitioner-id=111 {LINE}"
            await self._types(self._bruno, STAGING_CHANNEL, line)
            card = await self._bruno.sees(STAGING_CHANNEL, "SCRIPT_ERROR", timeout=RUN_S)
            self._tell.says(card, whole=True)
        async with self._tell.step("An interpreter that is not there"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate new job")
            view = await self._ana.modal("New job")
            fields = {
                "Name": "import-with-missing-node",
                "Source": "iclinic",
                "Script": self._sample.script,
                "Interpreter": "node-that-is-not-there",
            }
            await self._fill_and_submit(self._ana, view, fields)
            await self._created()
            await self._types(self._ana, STAGING_CHANNEL, "/migrate run import-with-missing-node")
            card = await self._ana.sees(STAGING_CHANNEL, "COMMAND_NOT_FOUND", timeout=RUN_S)
            self._tell.says(card, whole=True)

    async def restarted(self) -> None:
        """Restart Ferry in the middle of a run: the script goes on, its story stays whole."""
        async with self._tell.step("Ferry is restarted in the middle of a run"):
            line = f"/migrate run import-patients sistema=iclinic practitioner-id=320623 {LINE}"
            await self._types(self._bruno, STAGING_CHANNEL, line)
            card = await self._bruno.sees(STAGING_CHANNEL, "Running", timeout=RUN_S)
            self._tell.does("ferry", "is stopped, and started again")
            await self._keeper.restart()
            self._tell.says(await self._bruno.sees(STAGING_CHANNEL, "nothing lost", timeout=RUN_S))
            card = await self._succeeds(card)
            await self._thread(card, "took the run over again", "succeeded")

    async def waiting(self) -> None:
        """Let one wait behind one that hangs; the same wish twice is pointed out."""
        async with self._tell.step("Another run waits its turn"):
            run = "/migrate run import-patients sistema=iclinic"
            await self._types(self._bruno, STAGING_CHANNEL, f"{run} practitioner-id=320999 {LINE}")
            await self._bruno.sees(STAGING_CHANNEL, "Running", timeout=RUN_S)
            again = f"{run} practitioner-id=320700 {LINE}"
            await self._types(self._bruno, STAGING_CHANNEL, again)
            self._next = await self._bruno.sees(STAGING_CHANNEL, "Next in line", timeout=RUN_S)
            self._tell.says(self._next, whole=True)
            await self._types(self._bruno, STAGING_CHANNEL, again)
            told_twice = await self._bruno.told(STAGING_CHANNEL, "not asked for twice")
            self._tell.says(told_twice, whole=True)
            await self._types(self._ana, STAGING_CHANNEL, "/migrate queue")
            self._tell.says(await self._ana.told(STAGING_CHANNEL, "Queue in staging"), whole=True)

    async def cancelled(self) -> None:
        """Stop the run that hangs on its host, with a receipt; the next one starts."""
        async with self._tell.step("Bruno cancels the run that hangs"):
            card = await self._bruno.sees(STAGING_CHANNEL, "Running", timeout=RUN_S)
            self._tell.does("bruno", "presses Cancel, and Cancel the run in the dialog")
            await self._bruno.clicks(card, "Cancel", confirm=True)
            card = await self._bruno.sees(STAGING_CHANNEL, "none remain", timeout=RUN_S)
            self._tell.says(card, whole=True)
            await self._succeeds(self._next)

    async def verified(self) -> None:
        """Let the bot that runs now look through its audit log."""
        await self.audited(self._keeper.services)

    async def afterwards(self) -> None:
        """Look at what ran."""
        async with self._tell.step("What happened, afterwards"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate history")
            self._tell.says(await self._ana.told(STAGING_CHANNEL, "#1"), whole=True)
