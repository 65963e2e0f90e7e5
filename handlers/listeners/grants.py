"""Roles: shown to all, given and taken by admins; Slack says who may have one."""

from collections.abc import Sequence

from db.model.errors import InvalidInput, Unavailable
from db.model.grants import EVERYONE, Holder, Subject
from db.model.people import Person
from executor.rules.access import Verb
from executor.services import Services
from handlers import mentions
from handlers.groups import Groups
from handlers.guests import Guests
from handlers.parsing import Click, Command, Form, Request
from handlers.replies import Reply
from handlers.routes import Routes
from handlers.views import grants as views
from handlers.views.blocks import Block
from handlers.views.ids import COMMAND, Action, Callback
from handlers.views.notes import window


def register(routes: Routes, services: Services, *, guests: Guests, groups: Groups) -> None:
    """List every route of this module."""
    on = GrantListeners(services, guests, groups)
    routes.command("grants", on.list, asks=Verb.SEE)
    routes.command("grant", on.grant, asks=Verb.GRANT)
    routes.command("revoke", on.revoke, asks=Verb.GRANT)
    routes.click(Action.GRANT_LIST, on.list, asks=Verb.SEE)
    routes.click(Action.GRANT_OPEN, on.open, asks=Verb.GRANT)
    routes.click(Action.GRANT_TAKE, on.press_take, asks=Verb.GRANT)
    routes.submission(Callback.GRANT_SUBMIT, on.submitted, asks=Verb.GRANT)


class GrantListeners:
    """Slack is asked before the service: it knows guests, bots, and which groups there are."""

    def __init__(self, services: Services, guests: Guests, groups: Groups) -> None:
        self._services, self._guests, self._groups = services, guests, groups

    async def list(self, request: Request, reply: Reply) -> None:
        """Answer ``/migrate grants``."""
        await reply.say(views.roles(await self._services.grants.roles(request.by), request.by))

    async def grant(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate grant @ana operator [staging|everywhere]``; alone, open the form."""
        if not command.words:
            await self.open(command, reply)
            return
        who, role, *place = _words(command, "whom", "which role")
        subject, wanted = mentions.subject(who), mentions.role(role)
        where, is_here = await self._place(command, place)
        await self._check(subject, command.by, views.holder(subject))
        change = await self._services.grants.give(subject, wanted, where, command.by)
        await reply.say(views.given(change, here=is_here))

    async def revoke(self, command: Command, reply: Reply) -> None:
        """Answer ``/migrate revoke @ana [staging|everywhere]``."""
        who, *place = _words(command, "from whom")
        subject = mentions.subject(who)
        where, is_here = await self._place(command, place)
        change = await self._services.grants.take(subject, where, command.by)
        await reply.say(views.taken(change, here=is_here))

    async def press_take(self, click: Click, reply: Reply) -> None:
        """Take the role of a row away, and show what is left."""
        subject, place, role = views.seen(click.value)
        change = await self._services.grants.take(subject, place, click.by, seen=role)
        known = await self._services.grants.roles(click.by)
        told = views.roles(known, click.by, receipt=views.taken(change).text)
        await reply.say(told, replace=click.is_copy)

    async def open(self, request: Request, reply: Reply) -> None:
        """Open the form for a role."""
        known = await self._services.grants.roles(request.by)
        handles: dict[str, str] = {}
        trouble = ""
        try:
            handles = {one.id: one.handle for one in (await self._groups.listed()).values()}
        except Unavailable as error:
            trouble = f"{error.message} {error.hint}"
        await reply.open(views.grant_modal(known, handles, trouble=trouble))

    async def submitted(self, form: Form, _reply: Reply) -> Block:
        """Give what was filled in."""
        filled = form.named
        place = filled.get(views.PLACE, "")
        subject = _picked(filled.get(views.PERSON, ""), filled.get(views.GROUP, ""))
        await self._check(subject, form.by, f"This {subject.kind}")  # no mentions beneath a field
        change = await self._services.grants.give(
            subject,
            mentions.role(filled.get(views.ROLE, "")),
            "" if place == mentions.EVERYWHERE else place,
            form.by,
        )
        return window(views.given(change), "Granted")

    async def _check(self, subject: Subject, by: Person, name: str) -> None:
        """Raise InvalidInput unless Slack knows *subject* as somebody who may have a role."""
        if subject.kind is Holder.PERSON:
            mark = await self._guests.mark(Person(subject.id, by.team_id))
            if mark:
                sentence = f"{name} is {mark}, so no role was given: they could not use it."
                hint = "Roles are for full members of this workspace."
                raise InvalidInput(sentence, hint=hint, fields={views.PERSON: sentence})
        if subject.kind is Holder.GROUP and subject.id not in await self._groups.listed():
            sentence = f"{name} is unknown to Slack or switched off, so no role was given."
            raise InvalidInput(sentence, fields={views.GROUP: sentence})

    async def _place(self, command: Command, words: Sequence[str]) -> tuple[str, bool]:
        """Return the environment that is meant ("": everywhere), and whether it is the channel's.

        A role everywhere is never given by leaving a word out.
        """
        if words:
            name = words[0]
            return ("" if name.lower() == mentions.EVERYWHERE else name), False
        here = await self._services.bindings.environment_of(command.channel_id)
        if here is None:
            raise InvalidInput(
                "Where? This channel runs in no environment, so say one, or `everywhere`.",
                hint=f"For example `{COMMAND} {command.verb} … staging`.",
            )
        return here.name, True


def _words(command: Command, *wanted: str) -> list[str]:
    """Return the words of *command*, at least one for each of *wanted* and at most one more."""
    words = list(command.words)
    example = {"grant": "@ana operator staging", "revoke": "@ana staging"}[command.verb]
    hint = f"For example `{COMMAND} {command.verb} {example}`."
    if len(words) < len(wanted):
        raise InvalidInput(f"It is missing {wanted[len(words)]}.", hint=hint)
    if len(words) > len(wanted) + 1:
        raise InvalidInput("That is more than one role at a time: nothing was changed.", hint=hint)
    return words


def _picked(user_id: str, group: str) -> Subject:
    """Return whom the form means; InvalidInput unless exactly one of the two is filled in."""
    if bool(user_id) is bool(group):
        sentence = "Pick only one of the two." if user_id else "Pick a person here, or a group."
        raise InvalidInput(sentence, fields={views.PERSON: sentence})
    if user_id:
        return Subject(Holder.PERSON, user_id)
    return EVERYONE if group == "everyone" else Subject(Holder.GROUP, group)
