"""Variables that shells set themselves: a form refuses them, all others come through."""

import subprocess

from db.model.errors import InvalidInput
from executor.rules.spec_checks import check_spec
from executor.rules.spec_line import parse_line
from executor.ssh.channel import ask
from executor.ssh.command import Invocation, program
from executor.ssh.pool import Hosts
from tests.support.remote import target_to
from tests.support.sshd import Sshd

VALUE = "a,b"


def shell_names() -> set[str]:
    """Return the variables that bash makes by itself, also those that it does not list."""
    told = subprocess.check_output(["env", "-i", "bash", "--posix", "-c", "compgen -v"], text=True)
    return {*told.split(), "FUNCNAME", "PIPESTATUS"}


def is_taken(name: str) -> bool:
    """Return whether a form takes *name* for a parameter."""
    try:
        check_spec(parse_line(f"a: text env={name}"))
    except InvalidInput:
        return False
    return True


async def test_what_a_form_takes_comes_through(shell_server: Sshd, hosts: Hosts) -> None:
    """No variable reaches the script with another value, or not at all."""
    names = {name for name in shell_names() if is_taken(name)}
    tell = Invocation(
        script="/usr/bin/env",
        interpreter="",
        directory="",
        arguments=("-0",),
        variables=dict.fromkeys(names, VALUE),
        path="",
    )

    answer = await ask(hosts, target_to(shell_server.host), "exec sh -s", program(tell))
    told = answer.out.decode().split("\0")

    assert names >= {"HOSTNAME", "TERM"}
    assert {name for name in names if f"{name}={VALUE}" not in told} == set()
