"""Which request goes to which listener, and what it asks of the person before it gets there.

The one slash command is parted into its verbs here. No route can be made without saying which
``Verb`` it asks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial, wraps

from slack_bolt.app.async_app import AsyncApp

from db.model.errors import InvalidInput
from executor.rules.access import Verb
from executor.rules.names import did_you_mean
from executor.services.access import Roles
from handlers import parsing
from handlers.door import Door, R
from handlers.errors import WORKING, Guard, Listener, Searched, Submitted
from handlers.parsing import Click, Command, Form, Request, Search
from handlers.replies import Reply
from handlers.views import notes
from handlers.views.blocks import Block
from handlers.views.ids import COMMAND

HELP, NEW = "help", "new"


@dataclass(frozen=True, slots=True)
class Route:
    """One way in: *kind* is the name of the method of ``Routes`` that made it."""

    kind: str
    name: str
    asks: Verb


class Routes:
    """What the listeners' modules register with: each request is guarded once, here."""

    def __init__(self, app: AsyncApp, guard: Guard, door: Door) -> None:
        self._app, self._guard, self._door = app, guard, door
        self._verbs: dict[str, Listener[Command]] = {NEW: self._new}
        self._nouns: dict[str, Listener[Command]] = {}
        self._clicks: dict[str, Verb] = {}
        self.known: list[Route] = []
        app.command(COMMAND)(guard.guarded(parsing.command, self._by_verb))
        app.error(guard.on_error)

    def command(self, verb: str, listener: Listener[Command], *, asks: Verb) -> None:
        """Let *listener* answer ``/migrate <verb>``."""
        self._verbs[verb] = self._asking(listener, asks)
        self.known.append(Route("command", verb, asks))

    def new(self, noun: str, listener: Listener[Command], *, asks: Verb) -> None:
        """Let *listener* answer ``/migrate new <noun>``."""
        self._nouns[noun] = self._asking(listener, asks)
        self.known.append(Route("new", noun, asks))

    def click(self, action_id: str, listener: Listener[Click], *, asks: Verb) -> None:
        """Let *listener* answer a pressed button or a changed select."""
        asking = self._asking(listener, asks)
        self._app.action(action_id)(self._guard.guarded(parsing.click, asking))
        self._clicks[action_id] = asks
        self.known.append(Route("click", action_id, asks))

    def submission(
        self, callback_id: str, listener: Submitted, *, asks: Verb, working: str = WORKING
    ) -> None:
        """Let *listener* answer a submitted modal; *working* is said if it takes long."""

        @wraps(listener)
        async def asking(form: Form, reply: Reply) -> Block | None:
            form, _roles = await self._door.enter(form, asks)
            return await listener(form, reply)

        self._app.view(callback_id)(self._guard.submission(asking, working=working))
        self.known.append(Route("submission", callback_id, asks))

    def search(self, action_id: str, listener: Searched, *, asks: Verb) -> None:
        """Let *listener* offer the options of a select."""

        @wraps(listener)
        async def asking(search: Search) -> Sequence[Block]:
            search, _roles = await self._door.enter(search, asks)
            return await listener(search)

        self._app.options(action_id)(self._guard.search(asking))
        self.known.append(Route("search", action_id, asks))

    def shortcut(self, callback_id: str, listener: Listener[Request], *, asks: Verb) -> None:
        """Let *listener* answer a shortcut."""
        asking = self._asking(listener, asks)
        self._app.shortcut(callback_id)(self._guard.guarded(parsing.visit, asking))
        self.known.append(Route("shortcut", callback_id, asks))

    def event(self, name: str, listener: Listener[Request], *, asks: Verb) -> None:
        """Let *listener* answer an event of Slack's."""
        asking = self._asking(listener, asks)
        self._app.event(name)(self._guard.guarded(parsing.visit, asking))
        self.known.append(Route("event", name, asks))

    def _asking(self, listener: Listener[R], asks: Verb) -> Listener[R]:
        """Return *listener* behind the door; its answers offer only what the person may do."""

        @wraps(listener)
        async def call(request: R, reply: Reply) -> None:
            request, roles = await self._door.enter(request, asks)
            await listener(request, reply.offering(partial(self._may, roles)))

        return call

    def _may(self, roles: Roles, action_id: str) -> bool:
        """Return whether the button with *action_id* is worth offering to that person."""
        asked = self._clicks.get(action_id)
        return asked is None or roles.may(asked)

    async def _by_verb(self, command: Command, reply: Reply) -> None:
        listener = self._verbs.get(command.verb or HELP)
        if listener is None:
            nearest = did_you_mean(command.verb, self._verbs)
            await reply.say(notes.unknown_verb(command.verb, nearest))
            return
        await listener(command, reply)

    async def _new(self, command: Command, reply: Reply) -> None:
        noun = command.words[0].lower() if command.words else ""
        listener = self._nouns.get(noun)
        if listener is None:
            raise InvalidInput(
                "A new what? Ferry makes these: " + ", ".join(self._nouns) + ".",
                hint=did_you_mean(noun, self._nouns) or f"For example `{COMMAND} new job`.",
            )
        await listener(command, reply)
