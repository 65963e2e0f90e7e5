"""The border to asyncssh and the operating system: their exceptions, put into words once.

One long file, because it is one table: what comes before what decides.

| seen | category, detail |
|---|---|
| HostKeyNotVerifiable | SSH_HOST_KEY_ERROR (``hostkeys`` tells UNKNOWN, CHANGED, REVOKED apart) |
| PermissionDenied | AUTHENTICATION_ERROR REFUSED |
| key unreadable, garbled, passphrase missing or wrong | AUTHENTICATION_ERROR KEY_CONFIG |
| no address for the name | CONNECTION_ERROR DNS |
| connection refused | CONNECTION_ERROR REFUSED |
| no route, network unreachable, forbidden by a firewall | CONNECTION_ERROR UNREACHABLE |
| nothing answers in time | CONNECTION_ERROR CONNECT_TIMEOUT |
| too many open files, no memory on Ferry's machine | CONNECTION_ERROR OVERLOADED |
| connection closed before the login | CONNECTION_ERROR THROTTLED |
| not SSH, SSH-1, no algorithm in common | CONNECTION_ERROR PROTOCOL |
| channel refused on a fresh connection | CONNECTION_ERROR CAPACITY |
| connection lost later | CONNECTION_ERROR LOST |
| login works, commands do not run | AUTHENTICATION_ERROR NO_SHELL |
| the supervisor says why it cannot | see ``_HELPER_WORDS`` |
"""

import errno
import socket
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import asyncssh

from db.model.categories import Category
from db.model.errors import AttemptError
from executor.ssh.target import Target

_UP = "Is the machine up, and can Ferry's machine reach it (firewall, VPN)?"
_KEY_FILE = "Check the environment's SSH key path."


class StartUncertain(AttemptError):
    """The program was sent and no answer came: it may run. Ask the host before anything else.

    *cause*: what became of the line.
    """

    def __init__(self, target: Target, cause: AttemptError) -> None:
        self.cause = cause
        super().__init__(
            cause.category,
            f"The line to {target.address} was lost while the script was being started: "
            "whether it runs is not known yet.",
            detail="START_UNCERTAIN",
            hint="Ferry asks the host again and does not start it twice.",
        )


class KeyUnusable(Exception):
    """The private key cannot be used; the text says why, *hint* what to do."""

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


class HelperFailed(Exception):
    """The host's side of Ferry answered with an error, or with nothing one can read."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(detail or word)
        self.word = word


def classify(error: BaseException, *, target: Target, connecting: bool = False) -> AttemptError:
    """Return what *error* means for *target*; raise it again if nothing is known of it.

    *connecting*: it came before the login was over, so nothing can have been started.
    """
    if isinstance(error, AttemptError):
        return error
    for kinds, explain in _TABLE:
        if isinstance(error, kinds):
            return explain(error, target, connecting)
    raise error


def while_looking(error: Exception, target: Target) -> AttemptError:
    """Return what *error* means where something was only asked of the host: it is safe to repeat.

    Nobody's script was to be started, whenever the line was lost.
    """
    problem = error.cause if isinstance(error, StartUncertain) else classify(error, target=target)
    problem.retry_safe = True
    return problem


def _refused_login(_: BaseException, target: Target, __: bool) -> AttemptError:
    offered = f"the key {target.key_path}" if target.key_path else "any key of the SSH agent"
    return AttemptError(
        Category.AUTHENTICATION_ERROR,
        f"{target.address} did not accept {offered} for user {target.user}.",
        detail="REFUSED",
        hint=f"Is the public key in ~{target.user}/.ssh/authorized_keys there, and is the user "
        "name right?",
        retry_safe=False,  # repeated wrong logins get Ferry's address banned
    )


def _key_unusable(error: BaseException, target: Target, _: bool) -> AttemptError:
    words, hint = f"The SSH key {target.key_path} cannot be used: {error}.", _KEY_FILE
    if isinstance(error, KeyUnusable):
        words, hint = str(error), error.hint or hint
    return AttemptError(Category.AUTHENTICATION_ERROR, words, detail="KEY_CONFIG", hint=hint)


def _missing_file(error: BaseException, target: Target, _: bool) -> AttemptError:
    name = str(getattr(error, "filename", "") or "")
    if not target.key_path or Path(name) != Path(target.key_path).expanduser():
        raise error
    return AttemptError(
        Category.AUTHENTICATION_ERROR,
        f"There is no SSH key {target.key_path} on Ferry's machine.",
        detail="KEY_CONFIG",
        hint=f"{_KEY_FILE} For example: ~/.ssh/id_ed25519",
    )


def _untrusted(_: BaseException, target: Target, __: bool) -> AttemptError:
    return AttemptError(
        Category.SSH_HOST_KEY_ERROR,
        f"The host key of {target.address} is not trusted.",
        hint="Compare its fingerprint with the one pinned for the environment.",
        retry_safe=True,
    )


def _connection(detail: str, sentence: str, hint: str) -> "_Explain":
    def explain(_: BaseException, target: Target, connecting: bool) -> AttemptError:
        return AttemptError(
            Category.CONNECTION_ERROR,
            sentence.format(address=target.address, host=target.host),
            detail=detail,
            hint=hint,
            retry_safe=connecting,
        )

    return explain


_lost = _connection("LOST", "The connection to {address} was lost.", _UP)
_throttled = _connection(
    "THROTTLED",
    "{address} closed the connection before the login.",
    "Too many logins at once (MaxStartups), a ban of Ferry's address, or not an SSH server.",
)
_unreachable = _connection("UNREACHABLE", "{address} cannot be reached.", _UP)
_protocol = _connection(
    "PROTOCOL",
    "{address} answers, but not in a way of SSH that Ferry knows.",
    "Is it an SSH server, and a current one?",
)
_overloaded = _connection(
    "OVERLOADED",
    "Ferry's own machine has nothing left to open a connection to {address} with.",
    "Too many open files (`ulimit -n`), or too little memory there?",
)
_silent = _connection("CONNECT_TIMEOUT", "{address} did not answer in time.", _UP)


def _cut(error: BaseException, target: Target, connecting: bool) -> AttemptError:
    return (_throttled if connecting else _lost)(error, target, connecting)


def _timed_out(error: BaseException, target: Target, connecting: bool) -> AttemptError:
    return (_silent if connecting else _lost)(error, target, connecting)


def _operating_system(error: BaseException, target: Target, connecting: bool) -> AttemptError:
    number = getattr(error, "errno", None)
    if number in {errno.EPIPE, errno.ECONNABORTED, errno.ENOTCONN}:
        return _cut(error, target, connecting)
    if number == errno.ETIMEDOUT:
        return _timed_out(error, target, connecting)
    if number in {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}:
        return _overloaded(error, target, connecting)
    known = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTDOWN}
    if number in known | {errno.EACCES, errno.EPERM, errno.EADDRNOTAVAIL}:
        return _unreachable(error, target, connecting)
    # asyncio joins the failures of several addresses in one OSError without a number
    if connecting and number is None and "Multiple exceptions" in str(error):
        return _unreachable(error, target, connecting)
    return _cut(error, target, connecting)  # whatever it is, the line is no line any more


_HELPER_DETAILS = MappingProxyType({"noshell": "NO_SHELL", "noanswer": "NO_SHELL"})
_MAY_BE_DONE = frozenset({"killed", "noanswer"})
_NO_SHELL = (
    Category.AUTHENTICATION_ERROR,
    "{user} can log in to {address}, but commands do not run there: {text}.",
    "Does that user have a login shell (not nologin), and is its command not forced?",
)
_HELPER_WORDS: Mapping[str, tuple[Category, str, str]] = MappingProxyType(
    {
        "nospace": (
            Category.DISK_FULL,
            "{address} could not store the program to run.",
            "Is the disk (or the quota) of the home directory full there? `df -h ~` tells.",
        ),
        "nodirectory": (
            Category.CONNECTION_ERROR,
            "{address} cannot create ~/.cache/ferry in the home directory of {user}.",
            "The user needs a home directory that it may write to.",
        ),
        "nosession": (
            Category.COMMAND_NOT_FOUND,
            "{address} has neither setsid nor perl, so a script cannot outlive the connection.",
            "Install util-linux (or busybox, or perl) there.",
        ),
        "noshell": _NO_SHELL,
        "noanswer": _NO_SHELL,
    }
)
_OTHER_WORD = (
    Category.CONNECTION_ERROR,
    "{address} could not do what Ferry asked: {text}.",
    "Look into ~{user}/.cache/ferry there; docs/supervisor.md says what belongs in it.",
)


def _helper(error: BaseException, target: Target, _: bool) -> AttemptError:
    word = error.word if isinstance(error, HelperFailed) else ""
    category, sentence, hint = _HELPER_WORDS.get(word, _OTHER_WORD)
    known = {"address": target.address, "user": target.user, "text": str(error)}
    return AttemptError(
        category,
        sentence.format(**known),
        detail=_HELPER_DETAILS.get(word, word.upper()),
        hint=hint.format(**known),
        retry_safe=word not in _MAY_BE_DONE,
    )


_Explain = Callable[[BaseException, Target, bool], AttemptError]
_Kinds = type[BaseException] | tuple[type[BaseException], ...]

_TABLE: tuple[tuple[_Kinds, _Explain], ...] = (
    (asyncssh.HostKeyNotVerifiable, _untrusted),
    ((asyncssh.PermissionDenied, asyncssh.IllegalUserName), _refused_login),
    ((KeyUnusable, asyncssh.KeyImportError, asyncssh.KeyEncryptionError), _key_unusable),
    (FileNotFoundError, _missing_file),
    (HelperFailed, _helper),
    (TimeoutError, _timed_out),
    (
        socket.gaierror,
        _connection(
            "DNS", "The name {host} has no address.", "Is the host name of the environment right?"
        ),
    ),
    (
        ConnectionRefusedError,
        _connection(
            "REFUSED",
            "{address} refused the connection.",
            "Is sshd running there, and is the port right?",
        ),
    ),
    ((ConnectionResetError, BrokenPipeError), _cut),
    (
        asyncssh.ChannelOpenError,
        _connection(
            "CAPACITY",
            "{address} opens no further session.",
            "Raise MaxSessions in its sshd_config, or wait for other runs to end.",
        ),
    ),
    (
        (asyncssh.KeyExchangeFailed, asyncssh.ProtocolNotSupported, asyncssh.ProtocolError),
        _protocol,
    ),
    ((asyncssh.DisconnectError, asyncssh.Error), _cut),
    (OSError, _operating_system),
)
