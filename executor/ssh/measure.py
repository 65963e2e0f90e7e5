"""What will run on a host, measured: the part of a plan that only the host knows."""

import re
from datetime import UTC, datetime

from db.model.categories import Category
from db.model.errors import AttemptError
from db.model.execution import Measured, Plan
from executor.ssh.facts import Facts, facts, hash_here, number, visible
from executor.ssh.pool import Hosts
from executor.ssh.target import Target

_KILLED = b"ended 137"  # since it took too long
_PROGRAM_S = 10  # for a `--version` right before a start, when no person waits
_LONGEST_PATH = 4096
_LAST_MOMENT = 253402300799  # the end of the year 9999
_HASH = re.compile(rb"[0-9a-f]{40,128}")
_LONGEST_VERSION = 100


async def measure(hosts: Hosts, target: Target, plan: Plan, path: str) -> Measured:
    """Return what *plan* would run now, with commands looked up on *path* (empty: the host's).

    Raises AttemptError, after two minutes at the latest: nothing was started.
    """
    parts = ("place", "digest", "revision", "runtime")
    found = await facts(hosts, target, plan, *parts, path=path, patience_s=_PROGRAM_S)
    problem = script_problem(found, target, plan) or interpreter_problem(found, target, plan)
    if problem:
        raise problem
    return measured(found, await script_hash(hosts, target, found))


def measured(found: Facts, sha256: str) -> Measured:
    """Return the measurement in the facts of all four parts, with the script's hash."""
    revision = _hex(found.get("revision", b""))
    return Measured(
        script=visible(found["script"], _LONGEST_PATH),
        sha256=sha256,
        size=number(found, "size") or 0,
        modified_at=_moment(number(found, "modified")),
        interpreter=visible(found.get("interpreter", b""), _LONGEST_PATH),
        interpreter_version=version(found),
        revision=revision,
        is_dirty=bool(revision and found.get("dirty")),
    )


async def script_hash(hosts: Hosts, target: Target, found: Facts) -> str:
    """Return the script's SHA-256: what the host said, or else read from it over SFTP."""
    sha256 = _hex(found.get("sha256", b"")) or await hash_here(hosts, target, found["script"])
    if not sha256:
        raise AttemptError(
            Category.COMMAND_NOT_FOUND,
            f"Nothing on {target.host} can make a SHA-256, and it does not serve SFTP.",
            hint="Install sha256sum, shasum, openssl, python3 or perl there.",
            retry_safe=True,
        )
    return sha256


def version(found: Facts) -> str:
    """Return the first line that the interpreter says of itself; "" if it does not."""
    said, _, status = found.get("version", b"").rpartition(b"ended ")
    lines = said.strip().splitlines()
    return visible(lines[0], _LONGEST_VERSION) if lines and status.strip() == b"0" else ""


def script_problem(found: Facts, target: Target, plan: Plan) -> AttemptError | None:
    """Return why the script cannot run there; None: it can."""
    word = found.get("problem", b"").decode("ascii", "replace")
    if not word and found.get("script") and number(found, "size") is not None:
        return None
    script, host, user = plan.script, target.host, target.user
    points = visible(found.get("points", b""))
    nowhere = (Category.SCRIPT_NOT_FOUND, f"{script} on {host} cannot be looked at.", _TOOLS)
    category, sentence, hint = {
        "nocwd": (
            Category.DIRECTORY_NOT_FOUND,
            f"There is no directory {plan.directory} on {host}, or {user} may not enter it.",
            "Check the job's directory, and that it was deployed to this environment.",
        ),
        "noscript": (Category.SCRIPT_NOT_FOUND, f"There is no file {script} on {host}.", _DEPLOYED),
        "isdir": (
            Category.SCRIPT_NOT_FOUND,
            f"{script} on {host} is a directory.",
            "The job's script must name the file in it, for example …/import.js.",
        ),
        "dangling": (
            Category.SCRIPT_NOT_FOUND,
            f"{script} on {host} is a symbolic link to {points}, where {user} sees no file.",
            "Deploy what it points to, or correct the link.",
        ),
        "special": (
            Category.SCRIPT_NOT_FOUND,
            f"{script} on {host} is neither a file nor a link to one.",
            _DEPLOYED,
        ),
        "unreadable": (
            Category.COMMAND_NOT_EXECUTABLE,
            f"{user} may not read {script} on {host}, so nobody can tell what would run.",
            f"Let {user} read it (chmod +r).",
        ),
        "noexec": (
            Category.COMMAND_NOT_EXECUTABLE,
            f"{user} may not execute {script} on {host}, and the job names no interpreter.",
            "Make it executable (chmod +x), or name an interpreter in the job, for example node.",
        ),
    }.get(word, nowhere)
    return AttemptError(category, sentence, hint=hint, retry_safe=True)


_TOOLS = "Are readlink and stat on that host?"
_DEPLOYED = "Check the job's script path, and that it was deployed to this environment."


def interpreter_problem(found: Facts, target: Target, plan: Plan) -> AttemptError | None:
    """Return why the interpreter cannot run; None: it can, or there is none."""
    word = found.get("runtime_problem", b"")
    is_there = "interpreter" in found or not plan.interpreter
    if not word and is_there and not found.get("version", b"").endswith(_KILLED):
        return None
    name, host = plan.interpreter, target.host
    if not word:
        return AttemptError(
            Category.COMMAND_NOT_EXECUTABLE,
            f"`{name} --version` on {host} takes too long, so nobody can tell what would run.",
            hint="Try it on the host.",
            retry_safe=True,
        )
    if word == b"noexec":
        return AttemptError(
            Category.COMMAND_NOT_EXECUTABLE,
            f"{target.user} may not execute {name} on {host}.",
            hint="Make it executable (chmod +x), or name another interpreter in the job.",
            retry_safe=True,
        )
    missing = "is not there" if "/" in name else f"is not on the PATH of {target.user}"
    return AttemptError(
        Category.COMMAND_NOT_FOUND,
        f"{name} {missing} on {host}.",
        hint="Non-interactive shells read no profile, so what nvm installed is often missing: set "
        "the environment's node path or its shell setup, or install it there.",
        retry_safe=True,
    )


def _hex(text: bytes) -> str:
    text = text.strip()
    return text.decode("ascii") if _HASH.fullmatch(text) else ""


def _moment(seconds: int | None) -> str:
    if seconds is None or seconds > _LAST_MOMENT:
        return ""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
