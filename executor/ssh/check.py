"""A look before the start: is everything there that a run needs? It informs, never blocks."""

import asyncssh

from db.model.errors import InvalidInput
from executor.ssh.channel import ask
from executor.ssh.command import Invocation, check_program
from executor.ssh.errors import HelperFailed, classify
from executor.ssh.pool import Hosts
from executor.ssh.target import Target

_MARK = b"\x1eferry "


async def script_check(hosts: Hosts, target: Target, invocation: Invocation) -> str:
    """Return "" when all is there, else one sentence; AttemptError if the host cannot be asked."""
    try:
        program = check_program(invocation)
    except InvalidInput as error:
        return error.message
    try:
        answer = await ask(hosts, target, "exec sh -s", program)
    except (asyncssh.Error, OSError, HelperFailed) as error:
        raise classify(error, target=target) from error
    word = answer.out.rpartition(_MARK)[2].decode("ascii", "replace").strip()
    return _sentence(word, target, invocation)


def _sentence(word: str, target: Target, invocation: Invocation) -> str:
    directory = invocation.directory or "the script's directory"
    sentences = {
        "nocwd": f"There is no directory {directory} on {target.host}, or it may not be entered.",
        "noscript": f"There is no file {invocation.script} on {target.host}.",
        "nointerp": f"{invocation.interpreter} is not on the PATH of {target.host}.",
        "noexec": f"{invocation.interpreter or invocation.script} may not be executed "
        f"on {target.host}.",
    }
    return sentences.get(word, "")
