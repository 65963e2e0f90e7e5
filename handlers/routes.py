"""Which request goes to which listener; the one slash command is parted into its verbs here."""

from slack_bolt.app.async_app import AsyncApp

from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean
from handlers import parsing
from handlers.errors import WORKING, Guard, Listener, Searched, Submitted
from handlers.parsing import Click, Command, Request
from handlers.replies import Reply
from handlers.views import notes
from handlers.views.ids import COMMAND

HELP, NEW = "help", "new"


class Routes:
    """What the listeners' modules register with: each request is guarded once, here."""

    def __init__(self, app: AsyncApp, guard: Guard) -> None:
        self._app, self._guard = app, guard
        self._verbs: dict[str, Listener[Command]] = {NEW: self._new}
        self._nouns: dict[str, Listener[Command]] = {}
        app.command(COMMAND)(guard.guarded(parsing.command, self._by_verb))
        app.error(guard.on_error)

    def command(self, verb: str, listener: Listener[Command]) -> None:
        """Let *listener* answer ``/migrate <verb>``."""
        self._verbs[verb] = listener

    def new(self, noun: str, listener: Listener[Command]) -> None:
        """Let *listener* answer ``/migrate new <noun>``."""
        self._nouns[noun] = listener

    def click(self, action_id: str, listener: Listener[Click]) -> None:
        """Let *listener* answer a pressed button or a changed select."""
        self._app.action(action_id)(self._guard.guarded(parsing.click, listener))

    def submission(self, callback_id: str, listener: Submitted, *, working: str = WORKING) -> None:
        """Let *listener* answer a submitted modal; *working* is said if it takes long."""
        self._app.view(callback_id)(self._guard.submission(listener, working=working))

    def search(self, action_id: str, listener: Searched) -> None:
        """Let *listener* offer the options of a select."""
        self._app.options(action_id)(self._guard.search(listener))

    def shortcut(self, callback_id: str, listener: Listener[Request]) -> None:
        """Let *listener* answer a shortcut."""
        self._app.shortcut(callback_id)(self._guard.guarded(parsing.visit, listener))

    def event(self, name: str, listener: Listener[Request]) -> None:
        """Let *listener* answer an event of Slack's."""
        self._app.event(name)(self._guard.guarded(parsing.visit, listener))

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
