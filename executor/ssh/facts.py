"""What ``look.sh`` tells about a host, and the script's hash where no tool there can make one.

A host's answers are not trusted: they are bounded, and what people read of them is made visible.
"""

import asyncio
import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files

import asyncssh

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Plan
from executor.ssh.channel import ask
from executor.ssh.command import Invocation, assignments
from executor.ssh.errors import HelperFailed, classify, while_looking
from executor.ssh.helper import last_line
from executor.ssh.pool import Hosts
from executor.ssh.target import Target

Facts = Mapping[str, bytes]

_TEXT = files("executor.ssh").joinpath("look.sh").read_bytes()
PATIENT_S = 120.0  #: a busy host reads some 50 MB a second: enough for a script of 5 GB
_MARK = b"\x1eferry look\n"  # login files may have printed before it
_NUMBER = re.compile(rb"\d{1,15}")
_BLOCK = 1 << 18  # bytes of a script that are hashed here at once


async def facts(
    hosts: Hosts,
    target: Target,
    plan: Plan,
    *parts: str,
    path: str = "",
    patience_s: int = 2,
    timeout_s: float = PATIENT_S,
) -> Facts:
    """Return what the *parts* of ``look.sh`` tell; *path* is the PATH of runs.

    *patience_s* is what a `--version` and a `df` may take there. Raises AttemptError, also after
    *timeout_s*, when its connection is not used any more; nothing is started on the host.
    """
    invocation = Invocation(
        script=plan.script,
        interpreter=plan.interpreter,
        directory=plan.directory,
        arguments=(),
        variables={},
        path=path,
    )
    call = f"patience={patience_s}\nlook {' '.join(parts)}\n".encode("ascii")
    program = _TEXT + assignments(invocation) + call
    try:
        answer = await ask(hosts, target, "exec sh -s", program, timeout_s=timeout_s)
    except TimeoutError as error:
        raise _slow(target, timeout_s) from error
    except (asyncssh.Error, OSError) as error:
        raise while_looking(error, target) from error
    _, mark, told = answer.out.partition(_MARK)
    if not mark:
        raise classify(HelperFailed("noshell", last_line(answer)), target=target)
    fields = (field.partition(b"=") for field in told.split(b"\0")[:-1])
    return {name.decode("ascii", "replace"): value for name, _, value in fields}


async def hash_here(hosts: Hosts, target: Target, path: bytes) -> str:
    """Return the SHA-256 of *path*, read over SFTP; "" if the host does not serve it.

    Memory stays bounded, and nothing else waits for it. Raises AttemptError.
    """
    digest = hashlib.sha256()
    try:
        async with (
            asyncio.timeout(PATIENT_S),
            hosts.connection(target) as connection,
            connection.start_sftp_client(path_encoding=None) as sftp,
            sftp.open(path, "rb", encoding=None) as file,
        ):
            while block := await file.read(_BLOCK):
                digest.update(block)  # type: ignore[arg-type]  # bytes, without an encoding
    except (asyncssh.SFTPError, asyncssh.ChannelOpenError):
        return ""
    except TimeoutError as error:
        raise _slow(target, PATIENT_S) from error
    except (asyncssh.Error, OSError) as error:
        raise while_looking(error, target) from error
    return digest.hexdigest()


def number(found: Facts, name: str) -> int | None:
    """Return the fact *name* as a number; None if it is none."""
    text = found.get(name, b"")
    return int(text) if _NUMBER.fullmatch(text) else None


def visible(value: bytes, longest: int = 200) -> str:
    """Return *value* on one line, clipped; what would not be seen is escaped."""
    text = value[: 4 * longest].decode("utf-8", "backslashreplace").strip()
    shown = "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"


def _slow(target: Target, limit_s: float) -> AttemptError:
    return AttemptError(
        Category.CONNECTION_ERROR,
        f"{target.address} took longer than {limit_s:.0f} s to answer a command.",
        detail="SLOW",
        hint="Is the host very busy, does a login file wait for something, or is a disk slow?",
        retry_safe=True,
    )
