"""Host keys: compared and trusted by admins, in a window that shows both."""

from db.model.catalog import Environment
from db.model.errors import Conflict, FerryError, InvalidInput
from executor.rules.access import Verb
from executor.rules.host_keys import Meaning, compare, pins_after
from executor.services import Services
from executor.services.bindings import Unbound
from handlers.listeners.environments import LOOKING, LogIn, Scan
from handlers.parsing import Click, Command, Form
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import host_keys as views
from handlers.views.blocks import Block
from handlers.views.ids import Action, Callback
from handlers.views.notes import window


def register(routes: Routes, services: Services, *, scan: Scan, log_in: LogIn) -> None:
    """List every route of this module."""
    on = HostKeyListeners(services, scan, log_in)
    routes.command("hostkey", on.command, asks=Verb.TRUST)
    routes.click(Action.HOST_KEY_COMPARE, on.press, asks=Verb.TRUST)
    routes.submission(Callback.HOST_KEY_TRUST, on.submitted, working=LOOKING, asks=Verb.TRUST)


class HostKeyListeners:
    """Only admins make Ferry knock at a host, so they are checked before the scan as well."""

    def __init__(self, services: Services, scan: Scan, log_in: LogIn) -> None:
        self._services, self._scan, self._log_in = services, scan, log_in

    async def command(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate hostkey [environment]``."""
        if command.words:
            environment = await self._services.catalog.environment(command.words[0])
        else:
            found = await self._services.bindings.environment_of(command.channel_id)
            if found is None:
                raise Unbound
            environment = found
        await self._services.access.check(Verb.TRUST, command.by, environment.id)
        await self._compare(environment, reply)

    async def press(self, click: Click, reply: Reply) -> None:
        """Compare the keys of the environment of a card."""
        environment = await self._services.catalog.environment(click.value)
        await self._services.access.check(Verb.TRUST, click.by, environment.id)
        await self._compare(environment, reply)

    async def submitted(self, form: Form, _reply: Reply) -> Block:
        """Pin what was compared, if the host still shows it."""
        environment = await self._services.catalog.environment(views.compared(form.metadata))
        await self._services.access.check(Verb.TRUST, form.by, environment.id)
        if form.named.get(views.COMPARED) != views.COMPARED:
            sentence = "Compare it at the host first; then tick this."
            raise InvalidInput(sentence, fields={views.COMPARED: sentence})
        shown = await self._look(environment)
        is_revoked = compare(environment.host_key, shown).meaning is Meaning.REVOKED
        if is_revoked or not views.is_still(form.metadata, environment, shown):
            raise Conflict(
                "The keys are not the ones that you compared any more: what is pinned or what the "
                "host shows has changed meanwhile. Nothing was pinned.",
                hint=f"Compare again: `/migrate hostkey {environment.name}`.",
            )
        pinned = await self._services.catalog.trust_host_key(
            environment.name,
            pins_after(environment.host_key, shown),
            form.by,
            seen=environment.host_key,
        )
        trouble: FerryError | None = None
        try:
            await self._log_in(pinned)
        except FerryError as error:
            trouble = error
        return window(views.trusted(pinned, trouble), "Trusted")

    async def _compare(self, environment: Environment, reply: Reply) -> None:
        if environment.proxy_jump:
            await reply.say(views.behind_a_jump_host(environment))
            return
        view_id = await reply.open(views.looking(environment))  # Slack waits 3 s for a window
        try:
            view = views.compare_modal(environment, await self._look(environment))
        except FerryError as error:
            view = views.unseen(environment, error)
        await reply.show(view_id, view)

    async def _look(self, environment: Environment) -> list[str]:
        keys = await self._scan(environment.ssh_host, environment.ssh_port)
        if not keys:
            raise InvalidInput("It shows no key of a kind that Ferry knows.")
        return [key.line for key in keys]
