"""Which environment a channel runs in: admins bind it, everybody in it is told."""

from db.model.catalog import Environment
from db.model.people import Person
from executor.rules.access import Verb
from executor.services import Services
from handlers import parsing
from handlers.parsing import Click, Command, Form
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import bindings as views
from handlers.views import catalog
from handlers.views.blocks import Block
from handlers.views.ids import Action, Callback, field
from handlers.views.message import Told
from handlers.views.notes import window


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = BindingListeners(services)
    routes.command("bind", on.bind, asks=Verb.BIND)
    routes.command("unbind", on.unbind, asks=Verb.BIND)
    routes.click(Action.BINDING_OPEN, on.open, asks=Verb.BIND)
    routes.click(Action.BINDING_BIND, on.press_bind, asks=Verb.BIND)
    routes.submission(Callback.BINDING_SUBMIT, on.submitted, asks=Verb.BIND)


class BindingListeners:
    """*check_admin* only spares people a form that they may not send; the service decides."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def bind(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate bind [environment]``."""
        if not command.words:
            await self._open(command.by, command.channel_id, reply)
            return
        await self._bind(command.by, command.channel_id, command.words[0], reply)

    async def press_bind(self, click: Click, reply: Reply) -> None:
        """Bind the channel to the environment of a row."""
        if not click.channel_id:
            await reply.say(views.only_in_a_channel())
            return
        await self._bind(click.by, click.channel_id, click.value, reply)

    async def open(self, click: Click, reply: Reply) -> None:
        """Open the choice of an environment."""
        if not click.channel_id:
            await reply.say(views.only_in_a_channel())
            return
        await self._open(click.by, click.channel_id, reply)

    async def submitted(self, form: Form, reply: Reply) -> Block | None:
        """Bind the channel to what was picked."""
        channel_id = parsing.channel(form.metadata)
        name = form.fields.get(field(views.ENVIRONMENT), "")
        environment = await self._services.bindings.bind(channel_id, name, form.by)
        told = views.bound(environment, form.by)
        is_told = await reply.announce(channel_id, told)
        return None if is_told else window(views.not_a_member(told), "Bound")

    async def unbind(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate unbind``."""
        environment = await self._services.bindings.unbind(command.channel_id, command.by)
        await _announce(command.channel_id, views.unbound(environment, command.by), reply)

    async def _bind(self, by: Person, channel_id: str, name: str, reply: Reply) -> None:
        environment = await self._services.bindings.bind(channel_id, name, by)
        await _announce(channel_id, views.bound(environment, by), reply)

    async def _open(self, by: Person, channel_id: str, reply: Reply) -> None:
        await self._services.access.check(Verb.BIND, by)
        environments: list[Environment] = await self._services.catalog.environments()
        if not environments:
            await reply.say(catalog.environments([], {}))
            return
        current = await self._services.bindings.environment_of(channel_id)
        name = current.name if current else ""
        await reply.open(views.bind_modal(environments, channel_id, name))


async def _announce(channel_id: str, told: Told, reply: Reply) -> None:
    """Tell everybody in the channel, or where Ferry is no member, the person who did it."""
    if not await reply.announce(channel_id, told):
        await reply.say(views.not_a_member(told))
