"""How one field of a definition is read: its value, or InvalidInput with a sentence."""

import ipaddress
import re
from enum import StrEnum
from typing import TypeVar

from db.model.errors import InvalidInput
from executor.rules import durations
from executor.rules.names import did_you_mean, quoted, slug_problem
from executor.rules.patterns import compiled
from executor.rules.references import reference_problem

_LONGEST_PATH = 500
_LONGEST_NOTE = 500
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}$){_LABEL}(?:\.{_LABEL})*\.?")
_USER = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\\-]{0,63}\$?")
_JUMP = re.compile(r"(?:(?P<user>[^@\s]+)@)?(?P<host>\[[^\]\s]+\]|[^:\s@]+)(?::(?P<port>\d{1,6}))?")
_COMMAND = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,63}")
_USER_GROUP = re.compile(r"S[A-Z0-9]{2,31}")
_DIGITS = re.compile(r"[0-9]{1,9}")
Choice = TypeVar("Choice", bound=StrEnum)


def slug(text: str) -> str:
    """Return *text* if it may name an environment, a source or a job."""
    if problem := slug_problem(text):
        raise InvalidInput(problem)
    return text


def one_of(kind: type[Choice], text: str) -> Choice:
    """Return the member of *kind* that *text* names, in whatever case."""
    words = [member.value for member in kind]
    if text.lower() not in words:
        said = f"{quoted(text)} is not one of: {', '.join(words)}."
        raise InvalidInput(f"{said} {did_you_mean(text, words)}".rstrip())
    return kind(text.lower())


def host(text: str) -> str:
    """Return *text* if it is a host name or an address, without brackets."""
    address = text.removeprefix("[").removesuffix("]")
    if _HOST.fullmatch(text) or _is_address(address):
        return address
    raise InvalidInput(
        f"{quoted(text)} is not a host: write its name or address only (user and port have fields "
        "of their own), for example `db1.example.com` or `10.0.0.7`."
    )


def user(text: str) -> str:
    """Return *text* if it is a login name."""
    if not _USER.fullmatch(text):
        raise InvalidInput(f"{quoted(text)} is not a login name, for example `deploy`.")
    return text


def port(text: str) -> int:
    """Return *text* as a TCP port."""
    return _between(text, 1, 65_535, "a port", example="22")


def concurrency(text: str) -> int:
    """Return *text* as the number of runs at once."""
    return _between(text, 1, 50, "a number of runs at once", example="1")


def timeout(text: str) -> int:
    """Return *text*, a duration from 5 s to 7 d, in seconds."""
    return _duration(text, 5, 7 * 86_400)


def grace(text: str) -> int:
    """Return *text*, a duration from 1 s to 5 min, in seconds."""
    return _duration(text, 1, 300)


def queue_timeout(text: str) -> int:
    """Return *text*, a duration from 1 min to 7 d, in seconds."""
    return _duration(text, 60, 7 * 86_400)


def connect_timeout(text: str) -> int:
    """Return *text*, a duration from 1 s to 2 min, in seconds."""
    return _duration(text, 1, 120)


def attempts(text: str) -> int:
    """Return *text* as the number of attempts in all."""
    return _between(text, 1, 10, "a number of attempts", example="3")


def retry_delay(text: str) -> int:
    """Return *text*, a duration from 1 s to 1 h, in seconds."""
    return _duration(text, 1, 3600)


def silence(text: str) -> int:
    """Return *text*, a duration from 1 min to 24 h, in seconds."""
    return _duration(text, 60, 86_400)


def people(text: str) -> int:
    """Return *text* as how many people must say yes."""
    return _between(text, 1, 20, "a number of people", example="`2`")


def user_group(text: str) -> str:
    """Return *text* if it is the id of a Slack user group."""
    if not _USER_GROUP.fullmatch(text):
        raise InvalidInput(
            f"{quoted(text)} is not the id of a user group, for example `S012AB3CD`: Slack has it "
            "in the list of user groups → the group → ⋯ → Copy group ID."
        )
    return text


def yes_or_no(text: str) -> bool:
    """Return whether *text* says yes."""
    if text.lower() not in {"yes", "no"}:
        raise InvalidInput(f"{quoted(text)} is neither `yes` nor `no`.")
    return text.lower() == "yes"


def path(text: str) -> str:
    """Return *text* if it is a path from the root or from the user's home (``~/…``)."""
    parts = text.split("/")
    is_anchored = parts[0] in {"", "~"} and (len(parts) > 1 or text == "~")
    if not is_anchored or ".." in parts or not text.isprintable() or len(text) > _LONGEST_PATH:
        raise InvalidInput(
            f"{quoted(text)} is not a usable path: write it from / or from ~/ on, without `..`, "
            "for example `/opt/migrations/import.js` or `~/migrations/import.js`."
        )
    return text


def file_path(text: str) -> str:
    """Return *text* if it is a `path` that names a file."""
    if path(text).endswith("/") or text == "~":
        raise InvalidInput(f"{quoted(text)} names a directory; write the path of the file itself.")
    return text


def absolute_path(text: str) -> str:
    """Return *text* if it is a `file_path` from the root."""
    if not text.startswith("/"):
        raise InvalidInput(
            f"{quoted(text)} must be a path from / on, for example `/usr/local/bin/node`."
        )
    return file_path(text)


def interpreter(text: str) -> str:
    """Return *text* if it is one program: a name found through the PATH, or an absolute path."""
    if text.startswith("/"):
        return file_path(text)
    if not _COMMAND.fullmatch(text):
        raise InvalidInput(
            f"{quoted(text)} is not a program: write one word without options, for example `node`, "
            "`python3` or `/usr/bin/node`."
        )
    return text


def shell_setup(text: str) -> str:
    """Return *text* if it is ``auto``, ``none`` or an absolute PATH."""
    if text in {"auto", "none"}:
        return text
    parts = text.split(":")
    if not all(part.startswith("/") and ".." not in part.split("/") for part in parts) or not (
        text.isprintable() and len(text) <= 4 * _LONGEST_PATH
    ):
        raise InvalidInput(
            f"{quoted(text)} is not a shell setup: write `auto`, `none`, or the PATH itself, for "
            "example `/home/deploy/.nvm/versions/node/v20.11.0/bin:/usr/bin:/bin`."
        )
    return text


def reference(text: str) -> str:
    """Return *text* if it names a secret."""
    if problem := reference_problem(text):
        raise InvalidInput(problem)
    return text


def proxy_jump(text: str) -> str:
    """Return *text* if it is ``[user@]host[:port]``."""
    found = _JUMP.fullmatch(text)
    try:
        host(found["host"] if found else "")
        user((found and found["user"]) or "deploy")
        port((found and found["port"]) or "22")
    except InvalidInput:
        raise InvalidInput(
            f"{quoted(text)} is not a jump host: write [user@]host[:port], for example "
            "`deploy@bastion.example.com:22`."
        ) from None
    return text


def note(text: str) -> str:
    """Return *text*, some lines of prose, if it is short and without control characters."""
    lines = text.replace("\r\n", "\n").split("\n")
    if len(text) > _LONGEST_NOTE or not all(line.isprintable() for line in lines):
        raise InvalidInput(f"Write at most {_LONGEST_NOTE} characters, without control characters.")
    return "\n".join(lines)


def progress_pattern(text: str) -> str:
    """Return *text* if it is a regular expression with the groups that progress is read from."""
    groups = compiled(text).groupindex.keys()
    if "percent" not in groups and not {"done", "total"} <= groups:
        raise InvalidInput(
            "A progress pattern needs the groups `done` and `total`, or `percent`, for example "
            r"`(?P<done>\d+) records of (?P<total>\d+)`."
        )
    return text


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return text.isprintable() and " " not in text


def _between(text: str, least: int, most: int, what: str, *, example: str) -> int:
    if not _DIGITS.fullmatch(text) or not least <= int(text) <= most:
        raise InvalidInput(
            f"{quoted(text)} is not {what}: write a whole number from {least} to {most}, "
            f"for example {example}."
        )
    return int(text)


def _duration(text: str, least: int, most: int) -> int:
    seconds = durations.parse(text)
    if not least <= seconds <= most:
        raise InvalidInput(
            f"{quoted(text)} must be between {durations.words(least)} and {durations.words(most)}, "
            f"for example {durations.words(min(most, 600))}."
        )
    return seconds
