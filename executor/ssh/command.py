"""What runs on the host, as a text for POSIX sh. The only module that quotes for a shell.

The text is never put on a command line: it travels on standard input, is stored until its first
line runs, and does nothing until its last line was read (all of it is one function).
"""

import posixpath
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from db.model.errors import InvalidInput

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
# Shells keep these for themselves: they would refuse the assignment, or change the value.
_TAKEN = frozenset(
    {
        *("BASHOPTS", "BASHPID", "BASH_VERSINFO", "DIRSTACK", "EPOCHREALTIME", "EPOCHSECONDS"),
        *("EUID", "FUNCNAME", "GROUPS", "HISTCMD", "IFS", "LINENO", "OLDPWD", "OPTIND"),
        *("PIPESTATUS", "PPID", "PWD", "RANDOM", "SECONDS", "SHELLOPTS", "SHLVL", "SRANDOM"),
        *("UID", "_"),
    }
)
_REFUSE = 'refuse() { echo "$2" >"$1/reason"; exit "$3"; }'


@dataclass(frozen=True, slots=True, kw_only=True)
class Invocation:
    """What to run: argv, environment and place."""

    script: str  #: path on the host; ``~/`` is the remote user's home
    interpreter: str  #: empty: the script is executable itself
    directory: str  #: empty: the script's own
    arguments: tuple[str, ...]
    variables: Mapping[str, str]
    path: str  #: PATH of the host; empty: as it is


def program(invocation: Invocation) -> bytes:
    """Return the sh text that becomes the script, or says in ``reason`` why it cannot.

    Its working directory at first is the run's own. Reasons: nocwd, nointerp, noscript (exit
    status 127), noexec (126). Raises InvalidInput for a NUL or an impossible variable name.
    """
    _check(invocation)
    exports = [f"export {key}={shlex.quote(value)}" for key, value in invocation.variables.items()]
    words = [*_interpreter(invocation), _script(invocation)]
    words += map(shlex.quote, invocation.arguments)
    return _text([*_preflight(invocation), *exports, f"exec {' '.join(words)}"])


def assignments(invocation: Invocation) -> bytes:
    """Return sh lines that set folder, script, interpreter and run_path, as ``look.sh`` reads them.

    From within folder they are exactly what ``program`` would run.
    """
    _check(invocation)
    lines = [
        f"folder={_path(_folder(invocation))}",
        f"script={_script(invocation)}",
        f"interpreter={''.join(_interpreter(invocation))}",
        f"run_path={shlex.quote(invocation.path)}",
        "",
    ]
    return "\n".join(lines).encode("utf-8", "surrogateescape")


def _text(lines: Sequence[str]) -> bytes:
    body = [_REFUSE, "main() {", "exec </dev/null", *lines, "}", 'main "$PWD"', ""]
    return "\n".join(body).encode("utf-8", "surrogateescape")


def _preflight(invocation: Invocation) -> list[str]:
    script = _script(invocation)
    return [
        *([f"PATH={shlex.quote(invocation.path)}; export PATH"] if invocation.path else []),
        f'cd {_path(_folder(invocation))} 2>/dev/null || refuse "$1" nocwd 127',
        f'[ -f {script} ] || refuse "$1" noscript 127',
        *_ready(invocation.interpreter, script),
    ]


def _folder(invocation: Invocation) -> str:
    return invocation.directory or posixpath.dirname(invocation.script) or "~"


def _script(invocation: Invocation) -> str:
    if invocation.directory:
        return _path(invocation.script)
    return shlex.quote(f"./{posixpath.basename(invocation.script)}")


def _ready(interpreter: str, script: str) -> list[str]:
    if not interpreter:
        return [f'[ -x {script} ] || refuse "$1" noexec 126']
    if "/" not in interpreter:
        found = f"command -v {shlex.quote(interpreter)} >/dev/null 2>&1"
        return [f'{found} || refuse "$1" nointerp 127']
    path = _path(interpreter)
    return [
        f'[ -f {path} ] || refuse "$1" nointerp 127',
        f'[ -x {path} ] || refuse "$1" noexec 126',
    ]


def _interpreter(invocation: Invocation) -> list[str]:
    if not invocation.interpreter:
        return []
    if "/" in invocation.interpreter:
        return [_path(invocation.interpreter)]
    return [shlex.quote(invocation.interpreter)]


def _path(path: str) -> str:
    """Quote *path*, leaving a leading ``~`` to the host: its home is not ours."""
    if path == "~":
        return '"$HOME"'
    if path.startswith("~/"):
        return '"$HOME"/' + shlex.quote(path[2:])
    # A relative path that begins with a dash would be read as an option.
    return shlex.quote(path if path.startswith("/") else f"./{path}")


def _check(invocation: Invocation) -> None:
    texts = [
        invocation.script,
        invocation.interpreter,
        invocation.directory,
        invocation.path,
        *invocation.arguments,
        *invocation.variables.values(),
    ]
    if any("\0" in text for text in texts):
        raise InvalidInput(
            "A value holds a NUL byte, which no program can be given.",
            hint="Remove it; it often comes from copying out of a binary file.",
        )
    for name in invocation.variables:
        if not _NAME.fullmatch(name) or name in _TAKEN:
            raise InvalidInput(
                f"{name!r} cannot be the name of an environment variable of a script.",
                hint="Expected letters, digits and _, for example API_TOKEN.",
            )
