"""The door that every listener stands behind: it says what it asks, or why it asks nothing."""

from dataclasses import dataclass, replace
from typing import TypeVar

from executor.rules.access import Verb
from executor.services.access import Access, Roles
from handlers.groups import Groups
from handlers.parsing import Request

R = TypeVar("R", bound=Request)


@dataclass(frozen=True, slots=True)
class OpenToAll:
    """What asks for no role, and *why* that harms nobody; only for what shows no data."""

    why: str


Asks = Verb | OpenToAll


class Door:
    """Lets somebody in who may do it somewhere; the service asks where exactly it is done."""

    def __init__(self, access: Access, groups: Groups) -> None:
        self._access, self._groups = access, groups

    async def enter(self, request: R, asks: Asks) -> tuple[R, Roles | None]:
        """Return *request* of a person with their groups, and their roles; NotAllowed if none.

        What is open to all costs no question, and knows no roles.
        """
        if isinstance(asks, OpenToAll):
            return request, None
        by = await self._groups.of(request.by)
        roles = await self._access.admit(asks, by, request.channel_id)
        return replace(request, by=by), roles
