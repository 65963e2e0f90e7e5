"""What happens, told to every open page, without ever waiting for one."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager

from playground.errors import Json

# A page that is this far behind is hung up on; it reads the whole state when it comes back.
BACKLOG = 2000

Mailbox = asyncio.Queue[str | None]


class Feed:
    """Fan-out of events to the pages of each person."""

    def __init__(self) -> None:
        self._mailboxes: dict[Mailbox, str] = {}

    @contextmanager
    def subscribe(self, user: str) -> Iterator[Mailbox]:
        """Yield the queue of *user*'s events as JSON texts; None means hang up."""
        mailbox: Mailbox = asyncio.Queue(BACKLOG)
        self._mailboxes[mailbox] = user
        try:
            yield mailbox
        finally:
            self._mailboxes.pop(mailbox, None)

    def publish(self, event: Json, only: str | None = None) -> None:
        """Tell everybody, or *only* one person."""
        hearers = [box for box, user in self._mailboxes.items() if only in (None, user)]
        if not hearers:
            return
        data = json.dumps(event)
        for mailbox in hearers:
            if mailbox.qsize() >= BACKLOG - 1:
                self._hang_up(mailbox)
            else:
                mailbox.put_nowait(data)

    def close(self) -> None:
        """Hang up on every page."""
        for mailbox in list(self._mailboxes):
            self._hang_up(mailbox)

    def _hang_up(self, mailbox: Mailbox) -> None:
        if self._mailboxes.pop(mailbox, None) is not None:
            mailbox.put_nowait(None)
