"""What the tour says and does again and again: people type, fill in, press, and read."""

import asyncio
import time
from typing import Any

from bot.furnish import OTHER_CHANNEL, PRODUCTION_CHANNEL, STAGING_CHANNEL
from bot.transcript import Transcript
from playground import screen
from playground.people import Person

RUN_S = 60
_NAMES = {
    STAGING_CHANNEL: "#staging-ops",
    PRODUCTION_CHANNEL: "#prod-ops",
    OTHER_CHANNEL: "#random",
}


class Walk:
    """Ana (an admin) and Bruno in the playground at *url*, and an account of what they see."""

    def __init__(self, url: str) -> None:
        self._ana, self._bruno = Person(url, "U0ANA"), Person(url, "U0BRUNO")
        self._tell = Transcript()

    async def _types(self, person: Person, channel: str, text: str) -> None:
        who = person.id.removeprefix("U0").lower()
        self._tell.does(who, f"{_NAMES[channel]}  {text}")
        await person.types(channel, text)

    async def _fill_and_submit(
        self, person: Person, view: dict[str, Any], fields: dict[str, Any]
    ) -> None:
        errors = await person.submits(await person.fills(view, fields))
        check(not errors, f"the form was refused: {errors}")

    async def _succeeds(self, card: dict[str, Any]) -> dict[str, Any]:
        """Return the card of the run that *card* tells of, once it succeeded."""
        subject = " ".join(str(card["text"]).split()[:4])  # "#7 import-patients on staging"
        ended = f"{subject} succeeded"
        done = await self._bruno.sees(card["channel"], ended, timeout=RUN_S)
        self._tell.says(done)
        return done

    async def _created(self) -> None:
        told = await self._ana.modal("Created", timeout=15)
        self._tell.says(told, whole=True)
        await self._ana.closes(told)

    async def _thread(self, card: dict[str, Any], *wanted: str) -> None:
        """Print what the card's thread says, once every one of *wanted* can be read there."""

        def missing(said: list[str]) -> list[str]:
            return [words for words in wanted if not any(words in text for text in said)]

        deadline = time.monotonic() + RUN_S
        while missing(said := [_said(reply) for reply in await self._bruno.thread(card)]):
            check(time.monotonic() < deadline, f"{missing(said)} is not in the thread: {said}")
            await asyncio.sleep(0.1)
        for text in said:
            self._tell.says({"text": text}, where="in the thread: ")


def listed(fields: dict[str, Any]) -> str:
    """Return what was filled in, as one reads it."""
    return ", ".join(f"{label}: {value}" for label, value in fields.items())


def _said(reply: dict[str, Any]) -> str:
    files = [str(file["title"]) for file in reply.get("files", ())]
    return " ".join([str(reply.get("text", "")), *files]).strip()


def asks(message: dict[str, Any]) -> bool | None:
    """Return True if Discard asks first: then the person says yes."""
    return True if "confirm" in screen.buttons(message)["Discard"].element else None


def check(is_good: bool, otherwise: str) -> None:
    """Raise AssertionError that says *otherwise* unless *is_good*."""
    if not is_good:
        raise AssertionError(otherwise)
