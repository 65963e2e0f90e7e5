"""Exactly what will run, line by line: this is what a person says yes to, so nothing is hidden."""

from db.model.execution import Execution, Measured, Plan
from executor.rules.durations import words
from executor.rules.host_keys import fingerprints
from executor.rules.sizes import size_words
from handlers.views.blocks import Block, code, visible

VALUE = 300  # characters of one value; what is left out is counted
PART, PARTS = 2800, 3  # characters of one block; blocks


def plan_blocks(execution: Execution) -> list[Block]:
    """Return the plan preformatted; where it is too long it says how many lines are missing."""
    parts: list[list[str]] = [[]]
    room = PART
    lines = plan_lines(execution)
    for index, line in enumerate(lines):
        if len(line) + 1 > room:
            if len(parts) == PARTS:
                left = len(lines) - index
                parts[-1].append(f"… {left} more lines are not shown; a yes covers them too")
                break
            parts.append([])
            room = PART
        parts[-1].append(line)
        room -= len(line) + 1
    return [code(part) for part in parts]


def plan_lines(execution: Execution) -> list[str]:
    """Return one line for each fact of the plan, the argument vector in its order."""
    plan = execution.plan
    facts = [
        ("job", f"{plan.job}, version {plan.job_version}"),
        *(("parameter", f"{name} = {value}") for name, value in execution.parameters.items()),
        ("host", f"{plan.user}@{plan.host}, port {plan.port}"),
        *([("through", plan.proxy_jump)] if plan.proxy_jump else []),
        ("host key", fingerprints(plan.host_key)),
        ("directory", plan.directory),
        *_program(plan),
        *_measured(plan.measured),
        *((f"argument {n}", value) for n, value in enumerate(plan.arguments, 1)),
        *(("variable", variable) for variable in plan.variables),
        ("timeout", f"{words(plan.timeout_s)}, then TERM, KILL after {words(plan.grace_s)}"),
        *_besides(plan),
    ]
    return [f"{label + ':':<13}{_shown(value)}" for label, value in facts]


def _program(plan: Plan) -> list[tuple[str, str]]:
    if not plan.interpreter:
        return [("program", plan.script)]
    return [("interpreter", plan.interpreter), ("script", plan.script)]


def _measured(measured: Measured | None) -> list[tuple[str, str]]:
    """Return what was found on the host in the place of the script."""
    if measured is None:
        return []
    facts = [
        ("real path", measured.script),
        ("sha256", measured.sha256),
        ("size", f"{size_words(measured.size)}, modified {_moment(measured.modified_at)}"),
    ]
    if measured.revision:
        dirty = " with uncommitted changes" if measured.is_dirty else ""
        facts.append(("revision", f"{measured.revision}{dirty}"))
    if measured.interpreter:
        version = f", {measured.interpreter_version}" if measured.interpreter_version else ""
        facts.append(("run by", f"{measured.interpreter}{version}"))
    return facts


def _moment(at: str) -> str:
    """Return the host's ``2026-03-14T15:09:26Z`` as times are written elsewhere."""
    return at.replace("T", " ").replace("Z", " UTC")


def _besides(plan: Plan) -> list[tuple[str, str]]:
    """Return what may be done without asking again."""
    facts = []
    if plan.attempts > 1:
        after = ["what could not begin", *plan.retry_categories]
        facts.append(("attempts", f"up to {plan.attempts}, after {', '.join(after)}"))
    if plan.silence_s:
        what = "stopped" if plan.silence_action == "stop" else "told"
        facts.append(("silence", f"{what} after {words(plan.silence_s)} without output"))
    return facts


def _shown(value: str) -> str:
    shown = visible(value, keep="")
    if not shown:
        return "(empty)"
    left_out = len(shown) - VALUE
    return shown if left_out <= 0 else f"{shown[:VALUE]}… ({left_out} more characters)"
