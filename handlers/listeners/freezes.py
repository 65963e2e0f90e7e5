"""Freeze windows: listed for all, made and dropped by admins, told in the channels they close."""

from collections.abc import Mapping, Sequence

from db.model.errors import InvalidInput
from db.model.people import Person
from executor.rules.access import Verb
from executor.services import Services
from executor.services.freezes import Freeze
from handlers import parsing
from handlers.listeners.locks import named_or_here
from handlers.parsing import Click, Command, Form, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import freezes as views
from handlers.views.blocks import Block
from handlers.views.ids import COMMAND, Action, Callback
from handlers.views.locks import ENVIRONMENT, WHY
from handlers.views.notes import window
from handlers.zones import Zones

_EXAMPLE = f"`{views.EXAMPLE}`"
_PARTS = 5  # of a cron rule


def register(routes: Routes, services: Services, *, zones: Zones) -> None:
    """List every route of this module."""
    on = FreezeListeners(services, zones)
    routes.command("freeze", on.freeze, asks=Verb.FREEZE)
    routes.command("unfreeze", on.unfreeze, asks=Verb.FREEZE)
    routes.command("freezes", on.list, asks=Verb.SEE)
    routes.click(Action.FREEZE_LIST, on.list, asks=Verb.SEE)
    routes.click(Action.FREEZE_NEW, on.open, asks=Verb.FREEZE)
    routes.click(Action.FREEZE_DROP, on.press_drop, asks=Verb.FREEZE)
    routes.submission(Callback.FREEZE_SUBMIT, on.submitted, asks=Verb.FREEZE)


class FreezeListeners:
    """The answer shows the next times: a rule that says something else than was meant is seen."""

    def __init__(self, services: Services, zones: Zones) -> None:
        self._services, self._zones = services, zones

    async def freeze(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate freeze [environment] cron duration zone reason…``; alone: the form."""
        if not command.words:
            await self._open(command, reply)
            return
        name, words = await named_or_here(self._services, command, example=_EXAMPLE)
        made = await self._make(name, command.by, _parts(words), reply)
        await reply.say(views.made(made))

    async def unfreeze(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate unfreeze <number>``."""
        number = command.words[0].lstrip("#") if command.words else ""
        if not number.isdecimal() or len(number) > 9:
            raise InvalidInput(
                "Which window? Its number is missing, so nothing was done.",
                hint=f"`{COMMAND} freezes` lists them: `{COMMAND} unfreeze 3`.",
            )
        await self._drop(int(number), command.by, reply, replace=False)

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate freezes``."""
        may = await self._services.access.may(Verb.FREEZE, request.by)
        await reply.say(views.freezes(await self._services.freezes.all(), may_freeze=may))

    async def open(self, click: Click, reply: Reply) -> None:
        """Open the form for a new window."""
        await self._open(click, reply)

    async def press_drop(self, click: Click, reply: Reply) -> None:
        """Drop the window of a row."""
        await self._drop(parsing.number(click.value), click.by, reply, replace=click.is_copy)

    async def submitted(self, form: Form, reply: Reply) -> Block:
        """Make what was filled in."""
        given = form.named
        made = await self._make(given.get(ENVIRONMENT, ""), form.by, given, reply)
        return window(views.made(made), "Freeze window")

    async def _open(self, request: Request, reply: Reply) -> None:
        standings = await self._services.locks.standings(request.by)
        offered = [one.environment for one in standings if one.may_freeze]
        if not offered:
            await self._services.access.check(Verb.FREEZE, request.by)
            await reply.say(views.freezes([], may_freeze=False))
            return
        local = await self._zones.of(request.by.user_id)
        bound = await self._services.bindings.environment_of(request.channel_id)
        current = bound.name if bound else ""
        await reply.open(views.freeze_modal(offered, time_zone=local.key, current=current))

    async def _make(self, name: str, by: Person, given: Mapping[str, str], reply: Reply) -> Freeze:
        made = await self._services.freezes.make(
            name,
            by,
            cron=given.get(views.CRON, ""),
            lasts=given.get(views.LASTS, ""),
            time_zone=given.get(views.ZONE, ""),
            reason=given.get(WHY, ""),
        )
        for channel_id in made.channels:
            await reply.announce(channel_id, views.announced(made, by, is_made=True))
        return made

    async def _drop(self, number: int, by: Person, reply: Reply, *, replace: bool) -> None:
        gone = await self._services.freezes.drop(number, by)
        await reply.say(views.dropped(gone), replace=replace)
        for channel_id in gone.channels:
            await reply.announce(channel_id, views.announced(gone, by, is_made=False))


def _parts(words: Sequence[str]) -> dict[str, str]:
    """Return the parts of a line: the rule in quotes or as five words, and what follows it."""
    is_quoted = bool(words) and " " in words[0].strip()
    count = 1 if is_quoted else _PARTS
    rule, rest = " ".join(words[:count]), words[count:]
    if len(rest) < 3:
        raise InvalidInput(
            "Something is missing: rule, duration, time zone and reason, in this order.",
            hint=f"For example {_EXAMPLE}.",
        )
    lasts, time_zone, *why = rest
    return {
        views.CRON: rule,
        views.LASTS: lasts,
        views.ZONE: time_zone,
        WHY: " ".join(why),
    }
