"""The PATH that a person has on a host, for runs that no person logs in for.

sshd gives a command the bare PATH: no profile is read, and the usual ``~/.bashrc`` returns at once
when it is not interactive, before the lines of nvm. So the login shell is asked once per host, as a
supervised run that is ended after five seconds whatever its files do; then nvm itself, then the
directories of its versions.
"""

import asyncio
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from db.model.errors import AttemptError
from db.model.output import Stream
from executor.ssh.errors import while_looking
from executor.ssh.pool import Hosts
from executor.ssh.remote import RemoteRun
from executor.ssh.target import Target

_TTL_S = 600.0
_MOST = 1 << 20  # bytes that login files may print

# bash reads ~/.profile when it is a login shell and ~/.bashrc when it is not: ask both in turn.
_LOGIN = b"""\
main() {
exec </dev/null 2>/dev/null
FERRY_TELL='printf "\\036ferry path %s\\n" "$PATH"'; export FERRY_TELL
case ${SHELL:-sh} in
*/bash) exec "$SHELL" -l -i -c 'exec "$SHELL" -i -c "eval \\"\\$FERRY_TELL\\""' ;;
*) exec "${SHELL:-sh}" -l -i -c 'exec sh -c "$FERRY_TELL"' ;;
esac
}
main
"""
_NVM = b"""\
main() {
exec </dev/null 2>/dev/null
NVM_DIR=${NVM_DIR:-$HOME/.nvm}; export NVM_DIR
for bin in "$NVM_DIR"/versions/node/*/bin; do
[ -d "$bin" ] && printf '\\036ferry version %s:%s\\n' "$bin" "$PATH"
done
[ -s "$NVM_DIR/nvm.sh" ] || exit 0
before=$PATH
. "$NVM_DIR/nvm.sh" >&2
[ "$PATH" = "$before" ] || printf '\\036ferry path %s\\n' "$PATH"
}
main
"""
_FOUND = re.compile(r"\x1eferry (path|version) (/.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """The PATH for runs, empty: as sshd gives it."""

    path: str
    note: str = ""  #: a sentence if it had to be guessed, for the log of the run


class Resolver:
    """Remembers what it found for ten minutes per account."""

    def __init__(
        self, hosts: Hosts, *, limit_s: int = 5, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._hosts = hosts
        self._limit_s = limit_s
        self._clock = clock
        self._known: dict[Target, tuple[float, Shell]] = {}
        self._asking: dict[Target, asyncio.Task[Shell]] = {}

    async def shell(self, target: Target, setup: str) -> Shell:
        """Return the PATH for *target*; *setup*: ``auto``, ``none``, or the PATH itself.

        Raises AttemptError when the host cannot be asked.
        """
        if setup != "auto":
            return Shell(path="" if setup == "none" else setup)
        until, shell = self._known.get(target, (0.0, None))
        if shell is not None and self._clock() < until:
            return shell
        asking = self._asking.get(target)
        if asking is None:
            asking = asyncio.create_task(self._ask(target), name=f"path-{target.address}")
            self._asking[target] = asking
            asking.add_done_callback(partial(self._keep, target))
        # Others wait for the same answer, or come for it later: one who gives up must not take it.
        return await asyncio.shield(asking)

    def forget(self, target: Target) -> None:
        """Ask the host again next time."""
        self._known.pop(target, None)

    def _keep(self, target: Target, asking: asyncio.Task[Shell]) -> None:
        del self._asking[target]
        if not asking.cancelled() and asking.exception() is None:
            self._known[target] = (self._clock() + _TTL_S, asking.result())

    async def _ask(self, target: Target) -> Shell:
        for kind, path in await self._run(target, _LOGIN):
            if kind == "path":
                return Shell(path=_once_each(path))
        found = await self._run(target, _NVM)
        note = f"The login shell of {target.user} on {target.host} did not tell its PATH"
        for kind, path in found:
            if kind == "path":
                return Shell(path=_once_each(path), note=f"{note}; nvm did.")
        versions = [path for kind, path in found if kind == "version"]
        if versions:
            newest = max(versions, key=_version)
            note += "; taken is the newest node of nvm."
            return Shell(path=_once_each(newest), note=note)
        note += f" within {self._limit_s} s; commands are looked up on the bare PATH."
        return Shell(path="", note=note)

    async def _run(self, target: Target, program: bytes) -> list[tuple[str, str]]:
        """Return the marked lines that *program* prints within the limit."""
        run = RemoteRun(self._hosts, target, f"probe-{secrets.token_hex(8)}")
        printed = b""
        try:
            await run.start(program, timeout_s=self._limit_s, grace_s=1, max_bytes=_MOST)
            async with run.follow(0, 0) as follower:
                async for chunks in follower.chunks():
                    printed += b"".join(data for stream, data in chunks if stream is Stream.OUT)
            await run.remove()
        except AttemptError as error:
            raise while_looking(error, target) from error.__cause__
        return _FOUND.findall(printed.decode("utf-8", "surrogateescape"))


def _once_each(path: str) -> str:
    return ":".join(dict.fromkeys(part for part in path.split(":") if part))


def _version(path: str) -> list[int]:
    """Order v9 before v20: the first directory is …/versions/node/v20.11.0/bin."""
    return [int(digits) for digits in re.findall(r"\d+", path.partition(":")[0].split("/")[-2])]
