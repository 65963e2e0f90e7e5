"""Environments and jobs on a host, put there without Slack: what is not under test."""

from pathlib import Path
from typing import Any

from db.model.catalog import (
    ConfirmationPolicy,
    Environment,
    EnvironmentDraft,
    JobDraft,
    Kind,
    SourceDraft,
)
from executor.rules import spec_text
from executor.services import Services
from tests.support.sshd import Host
from tests.support.world import ANA, PRODUCTION, STAGING


async def furnish(services: Services, host: Host) -> None:
    """Create staging and production on *host*, bound, and a source."""
    await furnish_environment(services, host, "staging", STAGING, concurrency=4)
    await furnish_environment(services, host, "production", PRODUCTION, kind=Kind.PRODUCTION)
    await services.catalog.create_source(SourceDraft(name="scripts"), ANA)


async def furnish_environment(
    services: Services, host: Host, name: str, channel: str, **changes: Any
) -> Environment:
    """Create an environment on *host*, bound to *channel* unless that is empty."""
    values: dict[str, Any] = {
        "kind": Kind.STAGING,
        "ssh_host": host.address,
        "ssh_port": host.port,
        "ssh_user": host.user,
        "ssh_key_path": host.key_path,
        "host_key": host.host_key,
        "grace_s": 1,
        **changes,
    }
    values["confirmation"] = (
        ConfirmationPolicy.REQUESTER
        if values["kind"] is Kind.PRODUCTION
        else ConfirmationPolicy.NONE
    )
    made = await services.catalog.create_environment(EnvironmentDraft(name=name, **values), ANA)
    if channel:
        await services.bindings.bind(channel, name, ANA)
    return made


async def furnish_job(
    services: Services, host: Host, name: str, text: str, parameters: str = "", **changes: Any
) -> Path:
    """Put the sh script *text* on the host, with a job that runs it; return its path."""
    path = host.home / f"{name}.sh"
    path.write_text(text)
    source = await services.catalog.source("scripts")
    values: dict[str, Any] = {"script": f"~/{path.name}", "interpreter": "sh", **changes}
    specs = spec_text.parse(parameters)
    draft = JobDraft(name=name, source_id=source.id, parameters=specs, **values)
    await services.catalog.create_job(draft, ANA)
    return path
