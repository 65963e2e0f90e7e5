"""One run on one host: start, follow, ask, cancel, remove. Each may be repeated without harm."""

from db.model.errors import AttemptError
from executor.ssh import helper
from executor.ssh.errors import HelperFailed, StartUncertain, classify
from executor.ssh.follow import FollowEnd, Follower, Soon
from executor.ssh.pool import Hosts
from executor.ssh.status import Receipt, RemoteState, RemoteStatus, read_status
from executor.ssh.target import Target

__all__ = ["FollowEnd", "Follower", "Receipt", "RemoteRun", "RemoteState", "RemoteStatus"]


class RemoteRun:
    """The run *run_id* of *target*; the id is the name of its directory there."""

    def __init__(self, hosts: Hosts, target: Target, run_id: str) -> None:
        self._hosts = hosts
        self._target = target
        self._run_id = run_id

    async def start(self, program: bytes, *, timeout_s: int, grace_s: int, max_bytes: int) -> bool:
        """Start *program* unless it was started before; True: launched now, False: was there.

        *timeout_s* 0: none; *max_bytes*: kept of each stream. Raises AttemptError with retry_safe
        when nothing can have begun, and StartUncertain when the answer was lost.
        """
        words = (len(program), timeout_s, grace_s, max_bytes)
        try:
            answer = await self._call("start", *words, data=program, once=True)
        except AttemptError as error:
            if error.retry_safe or _is_refused_login(error):
                raise
            raise StartUncertain(self._target, error) from error
        word, _, detail = answer.partition(" ")
        if word in {"started", "existing"}:
            return word == "started"
        raise classify(HelperFailed(detail), target=self._target)

    def follow(
        self, out_offset: int, err_offset: int, soon: Soon = lambda wake: wake()
    ) -> Follower:
        """Return a follower of both outputs from these offsets on: ``async with run.follow(…)``.

        *soon* may put off what wakes its reader, see `FollowSession`.
        """
        return Follower(self._hosts, self._target, self._run_id, out_offset, err_offset, soon)

    async def status(self) -> RemoteStatus:
        """Return how it stands now."""
        return read_status(await self._call("status"))

    async def cancel(self) -> RemoteStatus:
        """Have the host end it (TERM, grace, KILL, sweep); returns at once, with the status now.

        GONE: it was not there, and from now on it cannot be started any more.
        """
        return read_status(await self._call("cancel"))

    async def remove(self) -> bool:
        """Remove its directory; False: it stays, as something of it still lives, or it is stuck.

        Raises AttemptError when the host cannot be asked.
        """
        answer = await self._call("remove")
        if answer in {"error running", "error alive", "error stuck"}:
            return False
        if answer != "removed":
            raise classify(HelperFailed(answer.removeprefix("error ")), target=self._target)
        return True

    async def _call(
        self, verb: str, *words: str | int, data: bytes = b"", once: bool = False
    ) -> str:
        return await helper.call(
            self._hosts, self._target, verb, self._run_id, *words, data=data, once=once
        )


def _is_refused_login(error: AttemptError) -> bool:
    is_login = error.category.name.startswith(("AUTH", "SSH_HOST"))
    return is_login and error.detail != "NO_SHELL"  # that shell may have done its work before
