"""What tests of looking at a host say again and again, in few words."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from db.model.catalog import Kind
from db.model.execution import Check, CheckState, Measured, Plan
from executor.ssh.look import Look, look, measure
from executor.ssh.pool import Hosts
from executor.ssh.resolve import Resolver
from executor.ssh.target import Target
from tests.support.sshd import Sshd, give

Variant = Callable[..., Sshd]  #: starts a server with other settings
SMALL_TOOLS = ("sh", "cat", "head", "tr", "awk", "grep", "ls", "df", "date", "sleep", "setsid")
MORE_TOOLS = ("readlink", "stat", "getconf", "env", "mkdir", "dirname")


def plan(**changes: Any) -> Plan:
    """Return a plan that runs ``~/scripts/import.js`` by sh, but for *changes*."""
    usual: dict[str, Any] = {
        "environment": "staging",
        "kind": Kind.STAGING,
        "host": "127.0.0.1",
        "port": 22,
        "user": "deploy",
        "host_key": "",
        "job": "import",
        "job_version": 1,
        "directory": "~/scripts",
        "script": "~/scripts/import.js",
        "interpreter": "sh",
        "arguments": (),
        "variables": {},
        "timeout_s": 60,
        "grace_s": 5,
    }
    return Plan(**{**usual, **changes})


@dataclass
class Looker:
    """Looks at one account, and keeps what was told meanwhile."""

    hosts: Hosts
    target: Target
    told: list[Check] = field(default_factory=list)
    resolver: Resolver = field(init=False)

    def __post_init__(self) -> None:
        self.resolver = Resolver(self.hosts)

    async def look(
        self,
        of: Plan,
        *,
        setup: str = "none",
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Look:
        """Return what *of* would find."""
        return await look(
            self.hosts, self.resolver, self.target, of, setup, report=self._keep, clock=clock
        )

    async def measure(self, of: Plan, path: str = "") -> Measured:
        """Return what *of* would run."""
        return await measure(self.hosts, self.target, of, path)

    async def _keep(self, check: Check) -> None:
        self.told.append(check)


def check(found: Look, name: str) -> tuple[str, str]:
    """Return state and words of one check."""
    return next((each.state.value, each.words) for each in found.checks if each.name == name)


def states(found: Look) -> Mapping[str, CheckState]:
    """Return the state of each check."""
    return {each.name: each.state for each in found.checks}


def put(server: Sshd, path: str, text: str = "echo hello\n", *, mode: int = 0o644) -> Path:
    """Write a file into the remote user's home."""
    file = server.host.home / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)
    file.chmod(mode)
    give(file.parent, server.host.user)
    return file


def tools(folder: Path, *names: str) -> str:
    """Return a PATH with the smallest set of tools, and those of *names* that are here."""
    for name in (*SMALL_TOOLS, *MORE_TOOLS, *names):
        found = shutil.which(name, path="/usr/bin:/bin")
        if found and not (folder / name).exists():
            (folder / name).symlink_to(found)
    return str(folder)
