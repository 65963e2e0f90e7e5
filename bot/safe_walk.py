"""The part of the tour that shows how production is kept safe."""

import sqlite3
from contextlib import closing
from pathlib import Path

from bot.furnish import OTHER_CHANNEL, PRODUCTION_CHANNEL, STAGING_CHANNEL
from bot.walk import RUN_S, Walk, check
from executor.services import Services
from playground.host import SampleHost
from playground.people import Person
from playground.sample import Installed

VALUES = "usuario=drleandro medpro-pract-id=fabiangc@example.com"
RUN = f"/migrate run import-patients sistema=iclinic practitioner-id=320700 {VALUES}"
ASKS = "this is exactly what will run"


class SafeWalk(Walk):
    """What was approved is what runs, by whom it may be approved, and what is kept of it."""

    def __init__(self, url: str, host: SampleHost, sample: Installed, database: Path) -> None:
        super().__init__(url)
        self._host, self._sample, self._database = host, sample, database
        self._carla = Person(url, "U0CARLA")

    async def changed_script(self) -> None:
        """Change the script between the look and the yes: nothing runs, and it is asked again."""
        async with self._tell.step("The script changes after the card showed it"):
            await self._types(self._bruno, PRODUCTION_CHANNEL, RUN)
            asked = await self._bruno.sees(PRODUCTION_CHANNEL, ASKS, timeout=RUN_S)
            script = self._host.home / self._sample.script.removeprefix("~/")
            comment = "//" if script.suffix == ".js" else "#"
            self._tell.does("nobody", f"adds a line to {self._sample.script} on the host")
            with script.open("a", encoding="utf-8") as file:
                file.write(f"{comment} a line that nobody has seen\n")
            self._tell.does("bruno", "presses Run on production")
            await self._bruno.clicks(asked, "Run on production", confirm=True)
            await self._bruno.sees(PRODUCTION_CHANNEL, "What changed", timeout=RUN_S)
            again = await self._bruno.sees(PRODUCTION_CHANNEL, ASKS, timeout=RUN_S)
            self._tell.says(again, whole=True)
            self._tell.does("bruno", "has seen what changed, and presses Run on production")
            await self._bruno.clicks(again, "Run on production", confirm=True)
            await self._succeeds(again)

    async def somebody_else(self) -> None:
        """Let an environment ask somebody else than who asked for the run."""
        async with self._tell.step("Where somebody else has to confirm"):
            await self._types(self._ana, OTHER_CHANNEL, "/migrate new environment")
            view = await self._ana.modal("New environment")
            fields = {
                "Name": "records",
                "Kind": "🔴 production",
                "Host": self._host.address,
                "Other settings": "Let me choose",
                "Port": str(self._host.port),
                "User": self._host.user,
                "Key file": str(self._host.key_path),
                "Host key": self._host.host_key,
                "Who confirms a run": "Somebody else, an approver",
            }
            self._tell.does("ana", "fills in records; an approver has to confirm there")
            await self._fill_and_submit(self._ana, view, fields)
            await self._created()
            for line in ("/migrate bind records", "/migrate grant @carla approver records"):
                await self._types(self._ana, OTHER_CHANNEL, line)
            self._tell.says(await self._ana.told(OTHER_CHANNEL, "approver"))
            await self._types(self._bruno, OTHER_CHANNEL, RUN)
            asked = await self._bruno.sees(OTHER_CHANNEL, ASKS, timeout=RUN_S)
            self._tell.does("bruno", "presses Run on records")
            await self._bruno.clicks(asked, "Run on records", confirm=True)
            self._tell.says(await self._bruno.told(OTHER_CHANNEL, "You asked for run"), whole=True)
            self._tell.does("carla", "presses Run on records")
            await self._carla.clicks(asked, "Run on records", confirm=True)
            await self._bruno.sees(OTHER_CHANNEL, "confirmed by", timeout=RUN_S)
            await self._succeeds(asked)

    async def locked(self) -> None:
        """Lock staging: nothing starts there, and why is said."""
        async with self._tell.step("Ana locks staging"):
            await self._types(
                self._ana, STAGING_CHANNEL, "/migrate lock for 2h deploying version 8"
            )
            self._tell.says(await self._bruno.sees(STAGING_CHANNEL, "locked"))
            await self._types(self._bruno, STAGING_CHANNEL, RUN)
            refused = await self._bruno.told(STAGING_CHANNEL, "is locked by")
            self._tell.says(refused, whole=True)
            await self._types(self._ana, STAGING_CHANNEL, "/migrate unlock")
            self._tell.says(await self._bruno.sees(STAGING_CHANNEL, "opened"))

    async def audited(self, services: Services) -> None:
        """Verify the audit log, change one row of it behind Ferry's back, and verify again."""
        async with self._tell.step("The audit log finds what was changed in it"):
            await self._types(self._ana, STAGING_CHANNEL, "/migrate audit lock")
            self._tell.says(await self._ana.told(STAGING_CHANNEL, "Audit log"), whole=True)
            good = await services.audit.verify()
            check(not good.fault, f"the log is said to be changed: {good.fault}")
            self._tell.does("ferry", "audit verify")
            self._tell.says({"text": f"✓ {good.count} events, head {good.head}"})
            self._tell.does("nobody", "makes event 4 another person's, in the database")
            was = self._rename(4, "U0CARLA")
            self._tell.does("ferry", "audit verify")
            bad = await services.audit.verify()
            self._rename(4, was)
            check("Event 4" in str(bad.fault), f"event 4 was changed, and this is said: {bad}")
            self._tell.says({"text": f"✗ {bad.fault}"})

    def _rename(self, event: int, actor: str) -> str:
        """Change who did *event*, in the file itself; return who it was."""
        with closing(sqlite3.connect(self._database, isolation_level=None)) as connection:
            query = "SELECT actor FROM audit_events WHERE id = ?"
            (was,) = connection.execute(query, (event,)).fetchone()
            connection.execute("UPDATE audit_events SET actor = ? WHERE id = ?", (actor, event))
        return str(was)
