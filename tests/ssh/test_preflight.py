"""What is missing on the host is said exactly, by name, before and at the start."""

import posixpath
from dataclasses import replace
from pathlib import Path

import pytest

from db.model.errors import AttemptError
from db.model.execution import Plan
from executor.ssh.command import Invocation, program
from executor.ssh.look import measure
from executor.ssh.pool import Hosts
from executor.ssh.target import Target
from tests.support.executions import PLAN
from tests.support.remote import Job
from tests.support.sshd import Sshd, give

RIGHT = Invocation(
    script="~/scripts/import.sh",
    interpreter="sh",
    directory="",
    arguments=("iclinic",),
    variables={},
    path="",
)
CASES = [
    pytest.param(
        {"directory": "~/nowhere"}, "nocwd", 127, "no directory ~/nowhere", id="directory"
    ),
    pytest.param(
        {"script": "/no/such/x.js"}, "nocwd", 127, "no directory", id="script's directory"
    ),
    pytest.param(
        {"script": "~/scripts/x.js"}, "noscript", 127, "no file ~/scripts/x.js", id="file"
    ),
    pytest.param({"script": "~/scripts"}, "noscript", 127, "is a directory", id="a directory"),
    pytest.param({"interpreter": "nodejs99"}, "nointerp", 127, "nodejs99 is not", id="interpreter"),
    pytest.param({"interpreter": "/opt/node"}, "nointerp", 127, "/opt/node is not", id="its path"),
    pytest.param(
        {"interpreter": "~/scripts/import.sh"}, "noexec", 126, "may not execute", id="no program"
    ),
    pytest.param({"interpreter": ""}, "noexec", 126, "may not execute", id="not executable"),
]


def plan_of(invocation: Invocation) -> Plan:
    """Return the plan that runs *invocation*."""
    return replace(
        PLAN,
        script=invocation.script,
        interpreter=invocation.interpreter,
        directory=invocation.directory or posixpath.dirname(invocation.script),
    )


@pytest.fixture(scope="session")
def scripts(sshd: Sshd) -> Path:
    """Put a script into the remote user's home."""
    folder = sshd.host.home / "scripts"
    folder.mkdir(exist_ok=True)  # other tests put theirs there too
    (folder / "import.sh").write_text('echo "$0 $1 $PWD"\n')
    runnable = folder / "runnable"
    runnable.write_text('#!/bin/sh\necho "$0 $1 $PWD"\n')
    runnable.chmod(0o755)
    give(folder, sshd.host.user)
    return folder


@pytest.mark.parametrize(("change", "reason", "number", "words"), CASES)
@pytest.mark.usefixtures("scripts")
async def test_missing_part_is_named(
    hosts: Hosts,
    target: Target,
    job: Job,
    change: dict[str, str],
    reason: str,
    number: int,
    words: str,
) -> None:
    """The run's reason and the refusal to measure it agree."""
    invocation = replace(RIGHT, **change)  # type: ignore[arg-type]

    with pytest.raises(AttemptError) as refused:
        await measure(hosts, target, plan_of(invocation), "")
    await job.remote.start(program(invocation), timeout_s=10, grace_s=1, max_bytes=1000)
    await job.follow()
    status = await job.remote.status()

    assert words in refused.value.message
    assert refused.value.retry_safe
    assert (status.reason, status.exit_status) == (reason, number)


@pytest.mark.parametrize(
    ("change", "printed"),
    [
        pytest.param({}, "./import.sh iclinic {folder}\n", id="in its own directory"),
        pytest.param(
            {"directory": "/"}, "{folder}/import.sh iclinic /\n", id="in another directory"
        ),
        pytest.param(
            {"script": "~/scripts/runnable", "interpreter": ""},
            "./runnable iclinic {folder}\n",
            id="by itself",
        ),
    ],
)
async def test_script_that_is_there_runs_in_the_right_place(
    scripts: Path, hosts: Hosts, target: Target, job: Job, change: dict[str, str], printed: str
) -> None:
    """``~`` is the remote user's home, and the script's own directory is where it runs."""
    invocation = replace(RIGHT, **change)  # type: ignore[arg-type]

    measured = await measure(hosts, target, plan_of(invocation), "")
    await job.remote.start(program(invocation), timeout_s=10, grace_s=1, max_bytes=1000)
    taken = await job.follow()

    assert measured.script.startswith(f"{scripts}/")
    assert bytes(taken.out).decode() == printed.format(folder=scripts)
