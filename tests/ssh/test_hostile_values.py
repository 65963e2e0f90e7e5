"""Whatever a value holds, the script gets it byte for byte, through a real sh over a real sshd."""

import shutil
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from db.model.errors import InvalidInput
from executor.ssh.channel import ask
from executor.ssh.command import Invocation, program
from executor.ssh.pool import Hosts
from tests.support.remote import Job, target_to
from tests.support.sshd import Sshd, give

# Answers with what it was given, in hexadecimal: nothing between it and us can change that.
ECHO = """\
import os, sys
for value in sys.argv[1:]:
    print("a" + os.fsencode(value).hex())
for name in sorted(name for name in os.environ if name.startswith("V_")):
    print("v" + os.fsencode(os.environ[name]).hex())
"""

NASTY = [
    *("", " ", "'", '"', "''", "'\\''", "\\", "\\\\", "$", "$HOME", "${HOME}", "$(id)", "`id`"),
    *(
        "$((1+1))",
        ";",
        "a;touch /tmp/pwned",
        "&& id",
        "| cat",
        "> x",
        "*",
        "?",
        "[a-z]",
        "~",
        "~root",
    ),
    *("!", "!!", "#", "# not a comment", "-", "--", "-n", "-e", "--help", "=", "a=b", "%s", "%n"),
    *(
        "\n",
        "a\nb",
        "\na\n",
        "\r\n",
        "\t",
        "\x01\x02\x03",
        "\x1b[31m",
        "\x7f",
        "\x1eferry gone",
        "EOF",
    ),
    *(
        "main",
        "}",
        "}; id; {",
        "'; id; '",
        '"; id; "',
        "$'\\n'",
        "\\'",
        "trailing\\",
        "a'b\"c$d`e\\f",
    ),
    *("é", "日本語", "🙂", "\u202eabc", "\u00a0", "e\u0301", "x" * 3000, "'" * 1000, "\\" * 999),
    *(
        "{a,b}",
        "<(id)",
        "(id)",
        "^",
        "history\n!1",
        "a\ntouch /tmp/PWNED\n",
        "&",
        "\v\f",
        "\udcff\udc80",
    ),
]
VALUES = st.one_of(
    st.sampled_from(NASTY),
    st.text(alphabet="'\"\\$`!*?[]{}()<>|&;~#=-% \n\t\rab", max_size=40),
    st.text(
        alphabet=st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60
    ),
    st.lists(st.sampled_from(NASTY), min_size=2, max_size=4).map("".join),
)
BATCHES = st.lists(VALUES, min_size=60, max_size=120)


# The remote user may not enter a private installation of python.
PYTHON = next((path for path in ("/usr/bin/python3",) if Path(path).exists()), sys.executable)
OTHER_LOGIN_SHELLS = [
    line
    for line in ("dash", "busybox sh", "zsh", "fish", "tcsh", "ksh", "mksh")
    if shutil.which(line.split()[0])
]
FEW = settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@pytest.fixture(scope="session")
def echo_path(sshd: Sshd) -> Path:
    """Return the path of the script on the host, in a folder that has to be quoted itself."""
    folder = sshd.make_home("a folder; with 'quotes' $(id)")
    path = folder / "-echo it's $HOME.py"
    path.write_text(ECHO)
    give(folder, sshd.host.user)
    return path


def echo(path: Path, values: list[str]) -> bytes:
    """Return a program that gives every value both as argument and as variable."""
    return program(
        Invocation(
            script=str(path),
            interpreter=PYTHON,
            directory="",
            arguments=tuple(values),
            variables={f"V_{place:05d}": value for place, value in enumerate(values)},
            path="",
        )
    )


def answered(out: bytes) -> tuple[list[bytes], list[bytes]]:
    """Return the arguments and the variables that the script got."""
    lines = out.decode("ascii").splitlines()
    taken = {kind: [bytes.fromhex(line[1:]) for line in lines if line[0] == kind] for kind in "av"}
    return taken["a"], taken["v"]


def sent(values: list[str]) -> list[bytes]:
    """Return *values* as the bytes that a program gets."""
    return [value.encode("utf-8", "surrogateescape") for value in values]


async def test_nasty_values_through_a_whole_run(
    shell_server: Sshd, hosts: Hosts, echo_path: Path
) -> None:
    """Under each sh, as the supervisor really starts it."""
    job = Job(hosts, target_to(shell_server.host))

    await job.remote.start(echo(echo_path, NASTY), timeout_s=30, grace_s=1, max_bytes=1 << 24)
    taken = await job.follow()

    assert bytes(taken.err) == b""
    assert answered(bytes(taken.out)) == (sent(NASTY), sent(NASTY))


@FEW
@given(values=BATCHES)
async def test_any_values_come_through_unchanged(
    shell_server: Sshd, hosts: Hosts, echo_path: Path, values: list[str]
) -> None:
    """Thousands of values, each as argument and as variable, through the sh of each host."""
    answer = await ask(hosts, target_to(shell_server.host), "exec sh -s", echo(echo_path, values))

    assert answer.err == b""
    assert answered(answer.out) == (sent(values), sent(values))


@pytest.mark.parametrize("shell", OTHER_LOGIN_SHELLS)
async def test_login_shell_does_not_matter(
    sshd: Sshd, hosts: Hosts, echo_path: Path, shell: str
) -> None:
    """Fish and tcsh break what is quoted for sh; nothing that is quoted for sh reaches them."""
    name, _, applet = shell.partition(" ")
    server = sshd.login_shell(f"{shutil.which(name)} {applet}".strip())
    server.start()
    job = Job(hosts, target_to(server.host))

    await job.remote.start(echo(echo_path, NASTY), timeout_s=30, grace_s=1, max_bytes=1 << 24)
    taken = await job.follow()
    await job.remote.remove()
    server.stop()

    assert answered(bytes(taken.out)) == (sent(NASTY), sent(NASTY))


async def test_megabyte_of_arguments(job: Job, echo_path: Path) -> None:
    """A program is not limited to the 128 kB of a command line's word."""
    values = ["é" * 20_000 for _ in range(20)]

    await job.remote.start(echo(echo_path, values), timeout_s=30, grace_s=1, max_bytes=1 << 24)
    taken = await job.follow()

    assert answered(bytes(taken.out))[0] == sent(values)


@pytest.mark.parametrize("field", ["script", "interpreter", "directory", "path"])
def test_nul_in_a_path_is_refused(field: str) -> None:
    """No program can be given a NUL; it would cut the value short."""
    fields = {"script": "/a", "interpreter": "", "directory": "", "path": "", field: "/a\0b"}

    with pytest.raises(InvalidInput, match="NUL"):
        program(Invocation(**fields, arguments=(), variables={}))


@pytest.mark.parametrize("value", ["a\0b", "\0"])
def test_nul_in_a_value_is_refused(value: str) -> None:
    """The same for arguments and variables."""
    there = {"script": "/a", "interpreter": "", "directory": "", "path": ""}

    with pytest.raises(InvalidInput, match="NUL"):
        program(Invocation(**there, arguments=(value,), variables={}))
    with pytest.raises(InvalidInput, match="NUL"):
        program(Invocation(**there, arguments=(), variables={"V": value}))


@pytest.mark.parametrize("name", ["", "1A", "A-B", "A B", "A=B", "A;id", "é", "PPID", "PWD"])
def test_impossible_variable_names_are_refused(name: str) -> None:
    """A name is never quoted, so it must be one; and shells keep some for themselves."""
    with pytest.raises(InvalidInput, match="environment variable"):
        program(
            Invocation(
                script="/a",
                interpreter="",
                directory="",
                path="",
                arguments=(),
                variables={name: "x"},
            )
        )
