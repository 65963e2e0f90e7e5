"""The scripted tour: people of the playground go the whole way, and each step is checked."""

import asyncio
import time
from typing import Any

import click

from bot.furnish import PARAMETERS, PRODUCTION_CHANNEL, STAGING_CHANNEL
from bot.transcript import Failed, Transcript
from playground import screen
from playground.host import SampleHost
from playground.people import Person
from playground.sample import Installed

_RUN_S = 60
_NAMES = {STAGING_CHANNEL: "#staging-ops", PRODUCTION_CHANNEL: "#prod-ops"}
GOOD = {"Usuário": "drleandro", "Medpro practitioner": "fabiangc@example.com"}
LINE = "usuario=drleandro medpro-pract-id=fabiangc@example.com"


class Tour:
    """One walk through an empty Ferry, by Ana (admin) and Bruno."""

    def __init__(self, url: str, host: SampleHost, sample: Installed) -> None:
        self._host, self._sample = host, sample
        self._ana, self._bruno = Person(url, "U0ANA"), Person(url, "U0BRUNO")
        self._tell = Transcript()

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
            self.cancelled,
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
                _check(not errors, f"the form was refused: {errors}")
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
            _check("Line 3" in errors.get("Parameters", ""), f"line 3 is not told: {errors}")
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
            self._tell.does("bruno", f"fills in {_listed(fields)}")
            await self._fill_and_submit(self._bruno, view, fields)
            for words in ("Running", "%"):
                await self._bruno.sees(STAGING_CHANNEL, words, timeout=_RUN_S)
            card = await self._bruno.sees(STAGING_CHANNEL, "%", timeout=_RUN_S)
            self._tell.says(card)
            card = await self._bruno.sees(STAGING_CHANNEL, "Succeeded", timeout=_RUN_S)
            self._tell.says(card)
            _check("imported=2950" in card["text"], f"imported=2950 is not in {card['text']!r}")
            await self._thread(card, "succeeded", "Log of #")

    async def on_production(self) -> None:
        """Confirm what the card shows; a second answer is told who was first."""
        async with self._tell.step("On production Bruno's run waits for its button"):
            line = f"/migrate run import-patients sistema=iclinic practitioner-id=320700 {LINE}"
            await self._types(self._bruno, PRODUCTION_CHANNEL, line)
            asked = await self._bruno.sees(PRODUCTION_CHANNEL, "Awaiting confirmation")
            self._tell.says(asked, whole=True)
            self._tell.does("bruno", "presses Run on production, and Run it in the dialog")
            await self._bruno.clicks(asked, "Run on production", confirm=True)
            await self._bruno.sees(PRODUCTION_CHANNEL, "confirmed by")
            self._tell.does("ana", "presses Discard on the card as she still sees it")
            await self._ana.clicks(asked, "Discard", confirm=_asks(asked), as_shown=True)
            self._tell.says(await self._ana.told(PRODUCTION_CHANNEL, "already confirmed"))
            card = await self._bruno.sees(PRODUCTION_CHANNEL, "Succeeded", timeout=_RUN_S)
            self._tell.says(card)

    async def failures(self) -> None:
        """Fail in two ways: two categories, each with what to do."""
        async with self._tell.step("A script that says no"):
            line = f"/migrate run import-patients sistema=iclinic practitioner-id=111 {LINE}"
            await self._types(self._bruno, STAGING_CHANNEL, line)
            card = await self._bruno.sees(STAGING_CHANNEL, "SCRIPT_ERROR", timeout=_RUN_S)
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
            card = await self._ana.sees(STAGING_CHANNEL, "COMMAND_NOT_FOUND", timeout=_RUN_S)
            self._tell.says(card, whole=True)

    async def cancelled(self) -> None:
        """Stop a run that hangs on its host, with a receipt."""
        async with self._tell.step("Bruno cancels a run that hangs"):
            line = f"/migrate run import-patients sistema=iclinic practitioner-id=320999 {LINE}"
            await self._types(self._bruno, STAGING_CHANNEL, line)
            card = await self._bruno.sees(STAGING_CHANNEL, "Running", timeout=_RUN_S)
            self._tell.does("bruno", "presses Cancel, and Cancel the run in the dialog")
            await self._bruno.clicks(card, "Cancel", confirm=True)
            card = await self._bruno.sees(STAGING_CHANNEL, "none remain", timeout=_RUN_S)
            self._tell.says(card, whole=True)

    async def afterwards(self) -> None:
        """Look at what ran."""
        async with self._tell.step("What happened, afterwards"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate history")
            self._tell.says(await self._ana.told(STAGING_CHANNEL, "#1"), whole=True)

    async def _types(self, person: Person, channel: str, text: str) -> None:
        who = person.id.removeprefix("U0").lower()
        self._tell.does(who, f"{_NAMES[channel]}  {text}")
        await person.types(channel, text)

    async def _fill_and_submit(
        self, person: Person, view: dict[str, Any], fields: dict[str, Any]
    ) -> None:
        errors = await person.submits(await person.fills(view, fields))
        _check(not errors, f"the form was refused: {errors}")

    async def _created(self) -> None:
        told = await self._ana.modal("Created", timeout=15)
        self._tell.says(told, whole=True)
        await self._ana.closes(told)

    async def _thread(self, card: dict[str, Any], *wanted: str) -> None:
        """Print what the card's thread says, once every one of *wanted* can be read there."""

        def missing(said: list[str]) -> list[str]:
            return [words for words in wanted if not any(words in text for text in said)]

        deadline = time.monotonic() + _RUN_S
        while missing(said := [_said(reply) for reply in await self._bruno.thread(card)]):
            _check(time.monotonic() < deadline, f"{missing(said)} is not in the thread: {said}")
            await asyncio.sleep(0.1)
        for text in said:
            self._tell.says({"text": text}, where="in the thread: ")


def _listed(fields: dict[str, Any]) -> str:
    return ", ".join(f"{label}: {value}" for label, value in fields.items())


def _said(reply: dict[str, Any]) -> str:
    files = [str(file["title"]) for file in reply.get("files", ())]
    return " ".join([str(reply.get("text", "")), *files]).strip()


def _asks(message: dict[str, Any]) -> bool | None:
    """Return True if Discard asks first: then the person says yes."""
    return True if "confirm" in screen.buttons(message)["Discard"].element else None


def _check(is_good: bool, otherwise: str) -> None:
    if not is_good:
        raise AssertionError(otherwise)
