"""The audit log: read by admins, page by page, and taken along as a file."""

from collections.abc import Sequence

from db.model.audit import AuditFilter
from executor.rules.access import Verb
from executor.rules.audit_filter import audit_filter
from executor.rules.chain import json_line
from executor.services import Services
from executor.services.audit import MOST_EXPORTED
from handlers import parsing
from handlers.parsing import Click, Command
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import audit as views
from handlers.views.ids import Action

FILE = "ferry-audit.jsonl"


def register(routes: Routes, services: Services) -> None:
    """List every route of this module."""
    on = AuditListeners(services)
    routes.command("audit", on.read, asks=Verb.AUDIT)
    routes.click(Action.AUDIT_NEWEST, on.newest, asks=Verb.AUDIT)
    routes.click(Action.AUDIT_OLDER, on.older, asks=Verb.AUDIT)
    routes.click(Action.AUDIT_EXPORT, on.export, asks=Verb.AUDIT)


class AuditListeners:
    """A list and a file; what was typed to filter it travels along in its buttons."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def read(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate audit [filters]``."""
        await self._page(command, command.words, reply)

    async def newest(self, click: Click, reply: Reply) -> None:
        """Turn to the newest page."""
        await self._page(click, click.value.split(), reply, replace=click.is_copy)

    async def older(self, click: Click, reply: Reply) -> None:
        """Turn to the next page."""
        number, *words = click.value.split() or [""]
        before = parsing.number(number)
        await self._page(click, words, reply, before=before, replace=click.is_copy)

    async def export(self, click: Click, reply: Reply) -> None:
        """Send the events as a file to whoever asks."""
        words = click.value.split()
        wanted = await self._filter(click, words)
        audit = self._services.audit
        count, events = await audit.export(wanted, click.by, most=MOST_EXPORTED)
        if not count:
            await reply.say(views.nothing_to_export(" ".join(words)))
            return
        content = "".join([json_line(event) async for event in events])
        note = views.exported(count, " ".join(words), is_cut=count == MOST_EXPORTED)
        await reply.hand_over(note, FILE, content)
        await reply.say(views.see_your_messages())

    async def _page(
        self,
        request: Command | Click,
        words: Sequence[str],
        reply: Reply,
        *,
        before: int | None = None,
        replace: bool = False,
    ) -> None:
        wanted = await self._filter(request, words)
        past = await self._services.audit.page(wanted, request.by, before=before)
        told = views.log(
            past.events,
            past.jobs,
            asked=" ".join(words),
            is_first=before is None,
            has_older=past.has_older,
        )
        await reply.say(told, replace=replace)

    async def _filter(self, request: Command | Click, words: Sequence[str]) -> AuditFilter:
        """Return what is asked for; who may see nothing is not told what there is."""
        environments = {one.name: one.id for one in await self._services.catalog.environments()}
        places = [environments[word.lower()] for word in words if word.lower() in environments]
        await self._services.access.check(Verb.AUDIT, request.by, *places[:1])
        verbs = await self._services.audit.verbs()
        return audit_filter(words, environments=environments, verbs=verbs)
