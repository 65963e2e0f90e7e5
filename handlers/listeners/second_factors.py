"""A second factor: set up by its person in a direct message, forgotten by an admin."""

import re

from db.model.errors import InvalidInput
from executor.rules.access import Verb
from executor.services import Services
from handlers.parsing import Click, Command, Form
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.secret_letters import SecretLetters
from handlers.views import second_factors as views
from handlers.views.answer_forms import CODE
from handlers.views.blocks import Block
from handlers.views.ids import COMMAND, Action, Callback
from handlers.views.notes import window

_PERSON = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


def register(routes: Routes, services: Services, *, letters: SecretLetters) -> None:
    """List every route of this module."""
    on = SecondFactorListeners(services, letters)
    routes.command("totp", on.totp, asks=Verb.SEE)
    routes.click(Action.FACTOR_FIRST, on.open_first, asks=Verb.SEE)
    routes.submission(Callback.FACTOR_FIRST, on.first, asks=Verb.SEE)
    routes.submission(Callback.FACTOR_RENEW, on.renewed, asks=Verb.SEE)


class SecondFactorListeners:
    """The secret goes to its person alone; every code is judged by the service."""

    def __init__(self, services: Services, letters: SecretLetters) -> None:
        self._factors, self._letters = services.second_factors, letters

    async def totp(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate totp`` and ``/migrate totp reset @person``."""
        if command.words:
            person = _reset(command)
            await self._factors.reset(person, command.by)
            await reply.say(views.was_reset(person))
        elif await self._factors.is_enrolled(command.by):
            await reply.open(views.renew_modal())
        else:
            await self._letters.send(command.by.user_id, await self._factors.begin(command.by))
            await reply.say(views.sent())

    async def renewed(self, form: Form, _reply: Reply) -> Block:
        """Send a new secret to who typed a code of the old one."""
        enrolment = await self._factors.begin(form.by, form.named.get(CODE, ""))
        await self._letters.send(form.by.user_id, enrolment)
        return window(views.sent())

    async def open_first(self, click: Click, reply: Reply) -> None:
        """Ask for the first code."""
        await reply.open(views.first_modal(click.value))

    async def first(self, form: Form, _reply: Reply) -> None:
        """Take the first code, and clear the secret away."""
        await self._factors.complete(form.by, form.named.get(CODE, ""))
        await self._letters.retire(form.metadata)


def _reset(command: Command) -> str:
    """Return the id of the person whose second factor is to be forgotten."""
    verb, *words = command.words
    found = _PERSON.fullmatch(words[0]) if len(words) == 1 else None
    if verb.lower() != "reset" or found is None:
        raise InvalidInput(
            "Whose second factor? Name one person."
            if verb.lower() == "reset"
            else "That is nothing that `totp` does.",
            hint=f"`{COMMAND} totp` sets up your second factor; an admin forgets somebody's with "
            f"`{COMMAND} totp reset @ana`.",
        )
    return found[1]
