"""``supervisor.sh`` on the host: how it gets there, how it is called, what it answers.

It lies in ``~/.cache/ferry`` under the hash of its content: a new version of Ferry brings its own
beside the old one, which may still be seeing a run through.
"""

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files

import asyncssh

from executor.ssh.channel import Answer, ask
from executor.ssh.errors import HelperFailed, classify
from executor.ssh.pool import Hosts
from executor.ssh.target import Target

TEXT = files("executor.ssh").joinpath("supervisor.sh").read_bytes()
DIGEST = hashlib.sha256(TEXT).hexdigest()[:12]
MISSING = 96  # exit status of a call where the supervisor is not installed (yet)

_ANSWER = re.compile(rb"\x1eferry (.*)")
_PLAIN = re.compile(r"[A-Za-z0-9._-]+")

# The login shell may be fish or tcsh: inside '…' no quote, backslash, newline or exclamation mark.
_CALL = (
    f"""exec sh -c 'self=$HOME/.cache/ferry/supervisor-{DIGEST}.sh; """
    # A crash soon after it was installed may leave its name without its content.
    f"""[ -r "$self" ] && [ -s "$self" ] || exit {MISSING}; . "$self"' ferry """
)
_INSTALL = (
    """exec sh -c 'umask 077; d=$HOME/.cache/ferry; mkdir -p "$d" && cat >"$d/.new.$$" """
    f"""&& set -- $(LS_BLOCK_SIZE=1 ls -ln "$d/.new.$$") && [ "$5" = {len(TEXT)} ] """
    f"""&& mv -f "$d/.new.$$" "$d/supervisor-{DIGEST}.sh" """
    """|| { status=$?; rm -f "$d/.new.$$"; exit $status; }'"""  # on a full disk above all
)


def call_text(verb: str, *words: str | int) -> str:
    """Return the command line that calls the supervisor; words are ids and numbers only."""
    texts = [verb, *map(str, words)]
    for text in texts:
        if not _PLAIN.fullmatch(text):
            raise ValueError(f"expected letters, digits, '.', '_' or '-', not {text!r}")
    return _CALL + " ".join(texts)


async def install(hosts: Hosts, target: Target) -> None:
    """Put the supervisor on the host; AttemptError if it cannot be stored."""
    with _in_words(target):
        answer = await ask(hosts, target, _INSTALL, TEXT)
        if answer.exit_status != 0:
            text = last_line(answer)
            if "o space" in text or "uota" in text:
                raise HelperFailed("nospace", text)
            if "ermission denied" in text or "annot create" in text or "ead-only" in text:
                raise HelperFailed("nodirectory", text)
            raise HelperFailed("noshell", text)


async def call(
    hosts: Hosts,
    target: Target,
    verb: str,
    *words: str | int,
    data: bytes = b"",
    once: bool = False,
) -> str:
    """Return the supervisor's answer to *verb*, installing it first where it is missing.

    *once*: not asked again when the line is lost before the answer. AttemptError if none comes.
    """
    line = call_text(verb, *words)
    with _in_words(target):
        answer = await ask(hosts, target, line, data, once=once)
        if answer.exit_status == MISSING:
            await install(hosts, target)
            answer = await ask(hosts, target, line, data, once=once)
        found = _ANSWER.findall(answer.out)  # what login files print comes before
        if not found:
            # Killed on its way it may have done its work; a shell that is none has not, but one
            # that could not fork any more may have: what is asked once is not to be taken for not
            # done.
            killed = answer.exit_status in {-1, 75} or answer.exit_status > 128
            silent = "noanswer" if once else "noshell"
            raise HelperFailed("killed" if killed else silent, last_line(answer))
    text: str = found[-1].decode("ascii", "replace").strip()
    return text


@contextmanager
def _in_words(target: Target) -> Iterator[None]:
    try:
        yield
    except (asyncssh.Error, OSError, HelperFailed) as error:
        raise classify(error, target=target) from error


def last_line(answer: Answer) -> str:
    """Return how *answer* ended, with the last thing it said."""
    lines = (answer.err.strip() or answer.out.strip()).decode("utf-8", "replace").splitlines()
    return f"exit status {answer.exit_status}" + (f", “{lines[-1][:200]}”" if lines else "")
