"""The door that every listener stands behind: nobody gets to it who may do nothing of its kind."""

from dataclasses import replace
from typing import TypeVar

from executor.rules.access import Verb
from executor.services.access import Access, Roles
from handlers.groups import Groups
from handlers.parsing import Request

R = TypeVar("R", bound=Request)


class Door:
    """Lets somebody in who may do it somewhere; the service asks where exactly it is done."""

    def __init__(self, access: Access, groups: Groups) -> None:
        self._access, self._groups = access, groups

    async def enter(self, request: R, asks: Verb) -> tuple[R, Roles]:
        """Return *request* of a person with their groups, and their roles; NotAllowed if none."""
        by = await self._groups.of(request.by)
        roles = await self._access.admit(asks, by, request.channel_id)
        return replace(request, by=by), roles
