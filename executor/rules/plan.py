"""Exactly what will run, and the hash that a confirmation is given to."""

import hashlib
import json
import posixpath
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from types import MappingProxyType
from typing import Any

from db.model.catalog import Environment, Job
from db.model.execution import Plan
from executor.rules.arguments import arguments

_NODE = "node"
_ADDED: Mapping[str, Any] = MappingProxyType(
    {
        "attempts": 1,
        "retry_categories": (),
        "silence_s": None,
        "silence_action": "",
        "personal": (),
        "measured": None,
    }
)
_TOLD_ONLY = ("size", "modified_at")  # a script that was only touched is the same script


def plan_of(environment: Environment, job: Job, values: Mapping[str, str]) -> Plan:
    """Return the plan of *job* in *environment* with validated *values*.

    What the job leaves open is filled in: the script's own directory, the environment's timeout,
    its path of ``node``.
    """
    words, variables = arguments(job.parameters, values)
    return Plan(
        environment=environment.name,
        kind=environment.kind,
        host=environment.ssh_host,
        port=environment.ssh_port,
        user=environment.ssh_user,
        host_key=environment.host_key,
        proxy_jump=environment.proxy_jump,
        job=job.name,
        job_version=job.version,
        directory=job.directory or posixpath.dirname(job.script) or "~",
        script=job.script,
        interpreter=_interpreter(environment, job),
        arguments=words,
        variables=variables,
        timeout_s=environment.timeout_s if job.timeout_s is None else job.timeout_s,
        grace_s=environment.grace_s,
        attempts=job.retry.attempts,
        retry_categories=tuple(job.retry.categories),
        silence_s=job.silence_s,
        silence_action=job.silence_action if job.silence_s else "",
        personal=tuple(s.name for s in job.parameters if s.is_personal and s.name in values),
    )


def plan_hash(plan: Plan) -> str:
    """Return the SHA-256 (64 hex digits) of *plan*'s canonical JSON: equal only for equal plans."""
    content = {item.name: getattr(plan, item.name) for item in fields(plan)}
    for name, default in _ADDED.items():  # what waits from before there were these is no other plan
        if content[name] == default:
            del content[name]
    content["variables"] = dict(plan.variables)
    if plan.measured is not None:
        measured = asdict(plan.measured)
        content["measured"] = {
            name: value for name, value in measured.items() if name not in _TOLD_ONLY
        }
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def as_known(plan: Plan, asked: Plan) -> Plan:
    """Return *plan*, where what one of both does not know is taken from *asked*.

    A host that is busy may not say the version of an interpreter in time.
    """
    now, before = plan.measured, asked.measured
    if now is None or before is None:
        return plan
    if now.interpreter_version and before.interpreter_version:
        return plan
    return replace(plan, measured=replace(now, interpreter_version=before.interpreter_version))


def _interpreter(environment: Environment, job: Job) -> str:
    if job.interpreter == _NODE and environment.node_path:
        return environment.node_path
    return job.interpreter
