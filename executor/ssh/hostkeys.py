"""Host keys are pinned: who answers must be who the environment names, or nothing is sent.

A pin is a line as in ``/etc/ssh/ssh_host_ed25519_key.pub``; known_hosts lines do as well (the
names in front are not looked at), and ``@revoked`` in front means: never again.
"""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import asyncssh

from db.model.categories import Category
from db.model.errors import AttemptError
from executor.ssh.errors import classify
from executor.ssh.target import Target

# One handshake shows one key; these are the kinds that servers have, best first.
_HOW = "`/migrate hostkey`, or `ferry trust` on Ferry's machine"
_KINDS = (
    ("ssh-ed25519",),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"),
    ("rsa-sha2-512", "rsa-sha2-256"),
)
_ALGORITHMS = tuple(name for kind in _KINDS for name in kind)


@dataclass(frozen=True, slots=True, kw_only=True)
class HostKey:
    """A public key that a host shows."""

    algorithm: str
    fingerprint: str  #: ``SHA256:…``
    line: str  #: what to pin: ``ssh-ed25519 AAAA…``


@dataclass(frozen=True, slots=True)
class Pins:
    """The keys an environment trusts, and those it never trusts again."""

    trusted: list[asyncssh.SSHKey] = field(default_factory=list)
    revoked: list[asyncssh.SSHKey] = field(default_factory=list)

    @property
    def algorithms(self) -> list[str]:
        """Signature algorithms to ask for: those of the pinned keys first.

        The others stay in the list, so that a host with another kind of key is told as changed.
        """
        pinned = {key.get_algorithm() for key in self.trusted}
        if "ssh-rsa" in pinned:
            pinned |= set(_KINDS[2])
        return sorted(_ALGORITHMS, key=lambda name: name not in pinned)


def pins_of(target: Target) -> Pins:
    """Return the pinned keys of *target*; AttemptError names a line that is no key."""
    pins = Pins()
    for number, line in enumerate(target.host_key.splitlines(), start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        key = _key_in(text)
        if key is None:
            raise AttemptError(
                Category.SSH_HOST_KEY_ERROR,
                f"Line {number} of the host key pinned for {target.address} is not a public key.",
                detail="CONFIG",
                hint="Expected a line like: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAA…",
                retry_safe=True,
            )
        (pins.revoked if text.startswith("@revoked") else pins.trusted).append(key)
    return pins


def _key_in(line: str) -> asyncssh.SSHKey | None:
    words = line.split()
    for place in range(len(words) - 1):
        if words[place].startswith(("ssh-", "ecdsa-", "sk-")):
            with contextlib.suppress(asyncssh.KeyImportError):
                return asyncssh.import_public_key(" ".join(words[place : place + 2]))
    return None


class Witness(asyncssh.SSHClient):
    """Keeps the key that the host showed when it was not a trusted one."""

    def __init__(self) -> None:
        self.shown: asyncssh.SSHKey | None = None

    def validate_host_public_key(
        self, host: str, addr: str, port: int, key: asyncssh.SSHKey
    ) -> bool:
        """Note *key* and refuse it: asyncssh asks only about keys that are not pinned."""
        del host, addr, port
        self.shown = key
        return False


def refusal(target: Target, pins: Pins, shown: asyncssh.SSHKey | None) -> AttemptError:
    """Return why *shown* (None: a revoked one) was refused, with both fingerprints."""
    if shown is None:
        detail, sentence = "REVOKED", f"{target.address} shows a host key that was revoked."
        hint = "Do not log in: find out who answers there."
    elif not pins.trusted:
        detail = "UNKNOWN"
        sentence = f"No host key is pinned for {target.address}; it shows {_named(shown)}."
        hint = (
            "An admin compares it on the host (ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub) "
            f"and trusts it: {_HOW}."
        )
    else:
        detail = "CHANGED"
        pinned = ", ".join(_named(key) for key in pins.trusted)
        sentence = (
            f"The host key of {target.address} has changed: pinned is {pinned}, "
            f"it shows {_named(shown)}."
        )
        hint = (
            "If the host was installed anew, an admin compares the fingerprint there and trusts "
            f"it: {_HOW}. If not, somebody may be in between."
        )
    return AttemptError(
        Category.SSH_HOST_KEY_ERROR, sentence, detail=detail, hint=hint, retry_safe=True
    )


def _named(key: asyncssh.SSHKey) -> str:
    return f"{key.get_algorithm()} {key.get_fingerprint()}"


def _line(key: asyncssh.SSHKey) -> str:
    return " ".join(key.export_public_key("openssh").decode().split()[:2])


async def scan(host: str, port: int, *, timeout_s: float) -> list[HostKey]:
    """Return the keys that *host* shows, best first, without logging in.

    Raises AttemptError when it does not answer as an SSH server.
    """
    target = Target(
        host=host, port=port, user="", key_path="", passphrase_ref="", proxy_jump="", host_key=""
    )
    found: list[HostKey] = []
    problem: AttemptError | None = None
    for kind in _KINDS:
        try:
            key = await _shown(host, port, kind, timeout_s)
        except (OSError, asyncssh.Error) as error:
            problem = classify(error, target=target, connecting=True)
            if problem.detail not in {"THROTTLED", "PROTOCOL"}:  # those: no key of that kind
                raise problem from error
        else:
            if key is not None:
                found.append(
                    HostKey(
                        algorithm=key.get_algorithm(),
                        fingerprint=key.get_fingerprint(),
                        line=_line(key),
                    )
                )
    if not found and problem is not None:
        raise problem
    return found


async def _shown(
    host: str, port: int, kind: Sequence[str], timeout_s: float
) -> asyncssh.SSHKey | None:
    async with asyncio.timeout(timeout_s):
        return await asyncssh.get_server_host_key(
            host, port, server_host_key_algs=list(kind), config=None
        )
