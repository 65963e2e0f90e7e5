"""Environments: listed for all, created by admins who vouch for the host's key."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from db.model.catalog import Environment, EnvironmentDraft
from db.model.errors import Conflict, FerryError, InvalidInput, Unavailable
from db.model.people import Person
from executor.rules.access import Verb
from executor.rules.confirming import check_group
from executor.rules.definitions import environment_draft
from executor.services import Services
from handlers.groups import Groups
from handlers.listeners import at_the_name
from handlers.parsing import Click, Form, Request, Search
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import catalog, environment_trust
from handlers.views import environment_form as views
from handlers.views.blocks import Block
from handlers.views.environment_trust import HostKey
from handlers.views.ids import Action, Callback
from handlers.views.notes import window

#: Asks a host and port for its public keys, over the network, without logging in.
Scan = Callable[[str, int], Awaitable[Sequence[HostKey]]]
#: Logs in to an environment's host and out again; raises AttemptError, in words.
LogIn = Callable[[Environment], Awaitable[None]]
LOOKING = "Looking at the host…"


def register(
    routes: Routes,
    services: Services,
    *,
    scan: Scan,
    log_in: LogIn,
    groups: Groups,
) -> None:
    """List every route of this module."""
    on = EnvironmentListeners(services, scan, log_in, groups)
    routes.command("envs", on.list, asks=Verb.SEE)
    routes.click(Action.ENVIRONMENT_LIST, on.list, asks=Verb.SEE)
    routes.click(Action.ENVIRONMENT_NEW, on.open, asks=Verb.DEFINE)
    routes.new("environment", on.open, asks=Verb.DEFINE)
    routes.click(Action.ENVIRONMENT_FORM, on.chosen, asks=Verb.DEFINE)
    routes.search(Action.ENVIRONMENT_GROUP, on.groups, asks=Verb.DEFINE)
    routes.submission(Callback.ENVIRONMENT_SUBMIT, on.submitted, working=LOOKING, asks=Verb.DEFINE)
    routes.submission(Callback.ENVIRONMENT_TRUST, on.trusted, working=LOOKING, asks=Verb.DEFINE)


class EnvironmentListeners:
    """Only admins may make Ferry knock at a host, so they are checked before the scan as well."""

    def __init__(
        self,
        services: Services,
        scan: Scan,
        log_in: LogIn,
        groups: Groups,
    ) -> None:
        self._services, self._groups = services, groups
        self._scan, self._log_in = scan, log_in

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate envs``."""
        environments = await self._services.catalog.environments()
        channels = await self._services.bindings.channels()
        is_admin = await self._services.access.may(Verb.DEFINE, request.by)
        here = request.channel_id if is_admin else ""
        standings = await self._services.locks.standings(request.by)
        await reply.say(
            catalog.environments(
                environments, channels, here=here, may_add=is_admin, standings=standings
            )
        )

    async def open(self, request: Request, reply: Reply) -> None:
        """Open the form for a new environment, for an admin."""
        await self._services.access.check(Verb.DEFINE, request.by)
        await reply.open(views.environment_modal())

    async def chosen(self, click: Click, reply: Reply) -> None:
        """Show the fields that matter for what was chosen."""
        await reply.update(views.environment_modal(click.named))

    async def groups(self, search: Search) -> Sequence[Block]:
        """Offer the user groups of the workspace, by their handles."""
        known = await self._groups.listed()
        return views.group_options({one.id: one.handle for one in known.values()}, search.typed)

    async def submitted(self, form: Form, _reply: Reply) -> Block:
        """Create what was filled in, or first ask whether the host's key is the right one."""
        await self._services.access.check(Verb.DEFINE, form.by)
        raw = {name: value for name, value in form.named.items() if name != views.SETTINGS}
        draft = environment_draft(raw)
        if draft.proxy_jump:
            _check_pins(draft)
        if draft.host_key:
            return await self._create(raw, form.by)
        await self._confirmers(draft)
        taken = {one.name for one in await self._services.catalog.environments()}
        if draft.name in taken:
            raise at_the_name(Conflict(f"An environment named `{draft.name}` exists already."))
        keys = await self._scan(draft.ssh_host, draft.ssh_port)
        if not keys:
            sentence = "It showed no key that Ferry knows; paste its public key into Host key."
            raise InvalidInput(sentence, fields={"ssh_host": sentence})
        return environment_trust.trust_modal(raw, keys)

    async def trusted(self, form: Form, _reply: Reply) -> Block:
        """Create the environment whose host key an admin vouches for."""
        return await self._create(environment_trust.trusted(form.metadata), form.by)

    async def _create(self, raw: Mapping[str, str], by: Person) -> Block:
        draft = environment_draft(raw)
        members = await self._confirmers(draft)
        made = await self._services.catalog.create_environment(draft, by)
        trouble: FerryError | None = None
        try:
            await self._log_in(made)
        except FerryError as error:
            trouble = error
        all_of = members if members == made.confirmations else 0
        return window(environment_trust.created(made.name, made.kind, trouble, all_of), "Created")

    async def _confirmers(self, draft: EnvironmentDraft) -> int:
        """Return how many members the group that confirms has; 0 if there is none, or unsaid.

        Raises InvalidInput if Slack knows no such group, or it has too few members.
        """
        if not draft.confirm_group:
            return 0
        try:
            known = await self._groups.listed()
        except Unavailable:
            return 0
        group = known.get(draft.confirm_group)
        check_group(draft, len(group.members) if group else None)
        return len(group.members) if group else 0


def _check_pins(draft: EnvironmentDraft) -> None:
    """Raise InvalidInput unless both keys are given: Ferry cannot look beyond a jump host."""
    pins = {"proxy_jump_host_key": draft.proxy_jump_host_key, "host_key": draft.host_key}
    sentence = (
        "Behind a jump host Ferry cannot ask for this key: paste it, for example what "
        "ssh-keyscan -t ed25519 prints on a machine that reaches the host."
    )
    missing = {name: sentence for name, key in pins.items() if not key}
    if missing:
        raise InvalidInput(sentence, fields=missing)
