"""Which environment a channel runs in."""

from db.model.catalog import Environment, Kind
from db.model.errors import Conflict, NotFound
from db.model.people import Person
from executor.rules.access import Verb
from executor.services.access import require
from executor.services.catalog import find_environment
from executor.services.ground import Ground


class Unbound(Conflict):
    """The channel has no environment yet."""

    def __init__(self) -> None:
        super().__init__(
            "This channel is not bound to an environment yet, so there is nowhere to run.",
            hint="An admin binds it once, for example with `/migrate bind staging`.",
        )


class Bindings:
    """One environment a channel, bound by an admin."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    async def bind(self, channel_id: str, environment: str, by: Person) -> Environment:
        """Bind the channel, in place of what it was bound to; return its environment.

        Raises Conflict if it is bound to that one already.
        """
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.BIND, by)
            found = await find_environment(repos, environment)
            old = await repos.bindings.of(channel_id)
            if old and old.environment_id == found.id:
                raise Conflict(
                    f"This channel is bound to `{found.name}` already: nothing changed.",
                    hint="`/migrate envs` shows which channels are bound to what.",
                )
            was = {"environment_id": old.environment_id} if old else {}
            await repos.bindings.put(channel_id, found.id, by.user_id)
            repos.audit.note(
                by.user_id,
                "channel.bound",
                channel_id,
                environment=found.name,
                before=was,
                after={"environment_id": found.id},
            )
            return found

    async def unbind(self, channel_id: str, by: Person) -> Environment:
        """Unbind the channel; return what it was bound to. NotFound if it was not bound."""
        async with self._ground.db.begin() as repos:
            await require(self._ground, repos, Verb.BIND, by)
            binding = await repos.bindings.of(channel_id)
            if binding is None:
                raise NotFound(
                    "This channel is not bound to an environment: nothing changed.",
                    hint="`/migrate envs` shows which channels are.",
                )
            await repos.bindings.drop(channel_id)
            environment = await repos.environments.get(binding.environment_id)
            was = {"environment_id": environment.id}
            repos.audit.note(
                by.user_id, "channel.unbound", channel_id, environment=environment.name, before=was
            )
            return environment

    async def environment_of(self, channel_id: str) -> Environment | None:
        """Return the environment that the channel runs in; None if it is not bound (nor is "")."""
        async with self._ground.db.read() as repos:
            binding = await repos.bindings.of(channel_id)
            return await repos.environments.get(binding.environment_id) if binding else None

    async def production(self) -> list[tuple[str, str]]:
        """Return (name of the environment, channel id) of what is bound to production."""
        async with self._ground.db.read() as repos:
            names = {
                one.id: one.name
                for one in await repos.environments.all()
                if one.kind is Kind.PRODUCTION
            }
            bound = await repos.bindings.all()
        return [
            (names[one.environment_id], one.channel_id)
            for one in bound
            if one.environment_id in names
        ]

    async def channels(self) -> dict[str, list[str]]:
        """Return the bound channel ids by environment name."""
        async with self._ground.db.read() as repos:
            names = {e.id: e.name for e in await repos.environments.all()}
            found: dict[str, list[str]] = {}
            for binding in await repos.bindings.all():
                if binding.environment_id in names:
                    found.setdefault(names[binding.environment_id], []).append(binding.channel_id)
            return found
