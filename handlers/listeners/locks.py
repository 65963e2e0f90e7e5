"""Closing an environment for a while: everybody in its channels reads it from the herald."""

import difflib
from collections.abc import Callable, Sequence
from datetime import datetime

from db.model.errors import InvalidInput, NotFound
from executor.rules.access import Verb
from executor.rules.ends import end_of, split_end
from executor.rules.zones import zone
from executor.services import Services, Unbound
from executor.services.catalog import unknown
from executor.services.locks import Turned
from handlers.parsing import Click, Command, Form, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import locks as views
from handlers.views.blocks import Block
from handlers.views.ids import COMMAND, Action, Callback, field
from handlers.views.message import Told
from handlers.views.notes import window
from handlers.zones import Zones

EXAMPLE = f"`{COMMAND} lock staging for 2h deploying version 8`"
_LEAST_OF_A_NAME = 4  # letters; shorter words are the beginning of a reason
_NEAR = 0.75


def register(
    routes: Routes, services: Services, *, zones: Zones, clock: Callable[[], datetime]
) -> None:
    """List every route of this module."""
    on = LockListeners(services, zones, clock)
    routes.command("lock", on.lock, asks=Verb.LOCK)
    routes.command("unlock", on.unlock, asks=Verb.LOCK)
    routes.command("locks", on.list, asks=Verb.SEE)
    routes.click(Action.LOCK_LIST, on.list, asks=Verb.SEE)
    routes.click(Action.LOCK_OPEN, on.open, asks=Verb.LOCK)
    routes.click(Action.LOCK_UNLOCK, on.press_unlock, asks=Verb.LOCK)
    routes.submission(Callback.LOCK_SUBMIT, on.submitted, asks=Verb.LOCK)


class LockListeners:
    """Who may do what is the service's matter; forms are only opened for who may send them."""

    def __init__(self, services: Services, zones: Zones, clock: Callable[[], datetime]) -> None:
        self._services, self._zones, self._clock = services, zones, clock

    async def lock(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate lock [environment] [for 2h | until 18:00] reason…``."""
        name, words = await named_or_here(self._services, command, example=EXAMPLE)
        says_when = bool(words) and words[0].lower() == "until"
        local = await self._zones.of(command.by.user_id) if says_when else zone("UTC")
        until, reason = split_end(words, self._clock(), local)
        if not reason:
            raise InvalidInput(
                f"Why is `{name}` to be locked? The reason is missing, so nothing was done.",
                hint=f"Everybody reads it: {EXAMPLE}.",
            )
        turned = await self._services.locks.lock(name, command.by, " ".join(reason), until)
        await _receipt(views.locked(turned), turned, command, reply)

    async def unlock(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate unlock [environment]``."""
        name = command.words[0] if command.words else await here(self._services, command, EXAMPLE)
        turned = await self._services.locks.unlock(name, command.by)
        await _receipt(views.unlocked(turned), turned, command, reply)

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate locks``."""
        await reply.say(views.locks(await self._services.locks.standings(request.by)))

    async def press_unlock(self, click: Click, reply: Reply) -> None:
        """Open the lock of a row; where all read it, the list shows what is still closed."""
        turned = await self._services.locks.unlock(click.value, click.by)
        told = views.unlocked(turned)
        if click.channel_id in turned.channels:
            told = views.locks(await self._services.locks.standings(click.by))
        await reply.say(told, replace=click.is_copy)

    async def open(self, click: Click, reply: Reply) -> None:
        """Open the form, for the environments that the person may lock."""
        standings = await self._services.locks.standings(click.by)
        offered = [one.environment for one in standings if one.may_lock]
        if not offered:
            await self._services.access.check(Verb.LOCK, click.by)
            await reply.say(views.locks(standings))
            return
        bound = await self._services.bindings.environment_of(click.channel_id)
        await reply.open(views.lock_modal(offered, bound.name if bound else ""))

    async def submitted(self, form: Form, _reply: Reply) -> Block:
        """Lock what was picked."""
        until = await self._until(form)
        turned = await self._services.locks.lock(
            form.fields.get(field(views.ENVIRONMENT), ""),
            form.by,
            form.fields.get(field(views.WHY), ""),
            until,
        )
        return window(views.locked(turned), "Locked")

    async def _until(self, form: Form) -> datetime | None:
        text = form.fields.get(field(views.UNTIL), "").strip()
        if not text:
            return None
        try:
            return end_of(text, self._clock(), await self._zones.of(form.by.user_id))
        except InvalidInput as error:
            raise InvalidInput(error.message, fields={views.UNTIL: error.message}) from error


async def _receipt(note: Told, turned: Turned, command: Command, reply: Reply) -> None:
    """Say *note*, but not where it is announced: who did it reads that there, as all do."""
    if command.channel_id not in turned.channels:
        await reply.say(note)


async def named_or_here(
    services: Services, command: Command, *, example: str
) -> tuple[str, Sequence[str]]:
    """Return the environment that a line begins with, or the channel's, and the words after it.

    NotFound for a first word that is nearly a name: it would else become a part of the reason.
    """
    known = [one.name for one in await services.catalog.environments()]
    words = command.words
    first = words[0].lower() if words else ""
    if first in known:
        return first, words[1:]
    bound = await services.bindings.environment_of(command.channel_id)
    if bound is None and words and first not in {"for", "until"}:
        raise unknown("environment", words[0], known)
    if words[1:] and words[1].lower() in {"for", "until"} and words[2:] and words[2][0].isdigit():
        raise unknown("environment", words[0], known)
    if len(first) >= _LEAST_OF_A_NAME and (near := _near(first, known)):
        raise NotFound(
            f"There is no environment called `{first[:63]}`, so nothing was done.",
            hint=f"Did you mean `{near}`? Name the environment first: {example}.",
        )
    return await here(services, command, example), words


async def here(services: Services, command: Command, example: str) -> str:
    """Return the environment of the channel; Unbound says how to name one."""
    bound = await services.bindings.environment_of(command.channel_id)
    if bound is None:
        error = Unbound()
        error.hint = f"Name the environment: {example}. {error.hint}"
        raise error
    return bound.name


def _near(word: str, known: Sequence[str]) -> str:
    longer = [name for name in known if name.startswith(word)]
    return next(iter(longer or difflib.get_close_matches(word, known, n=1, cutoff=_NEAR)), "")
