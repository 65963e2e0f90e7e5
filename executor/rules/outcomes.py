"""How an attempt ended: exit status, signal, the host's reason and stderr → status and category.

Asked in this order, because the later ones only guess: what Ferry itself did (cancel, timeout),
what the host says of the run (rebooted, gone), what it found before the start, exit status 126 and
127, signals, known sentences in stderr, and else the script failed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from db.model.categories import Category
from db.model.execution import Plan, Status
from executor.rules.categories import ADVICE
from executor.rules.durations import words
from executor.rules.names import quoted
from executor.rules.stderr import LOOKED_AT, NO_MEMORY, recognised, telling_line


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How an attempt ended; *message* and *hint* are empty where the status says it all."""

    status: Status
    category: Category | None = None
    detail: str = ""
    message: str = ""
    hint: str = ""


SILENCE = "silence"  #: Ferry stopped it because it had said nothing for too long

_LOST: Mapping[str, Category] = MappingProxyType(
    {"reboot": Category.HOST_REBOOTED, "supervisor_died": Category.RUN_LOST}
)
_PREFLIGHT: Mapping[str, Category] = MappingProxyType(
    {
        "nocwd": Category.DIRECTORY_NOT_FOUND,
        "nointerp": Category.COMMAND_NOT_FOUND,
        "noscript": Category.SCRIPT_NOT_FOUND,
        "noexec": Category.COMMAND_NOT_EXECUTABLE,
    }
)
_SIGNALS: Mapping[str, tuple[int, Category]] = MappingProxyType(
    {
        "HUP": (1, Category.KILLED_EXTERNALLY),
        "INT": (2, Category.KILLED_EXTERNALLY),
        "QUIT": (3, Category.KILLED_EXTERNALLY),
        "ILL": (4, Category.SCRIPT_CRASHED),
        "TRAP": (5, Category.SCRIPT_CRASHED),
        "ABRT": (6, Category.SCRIPT_CRASHED),
        "BUS": (7, Category.SCRIPT_CRASHED),
        "FPE": (8, Category.SCRIPT_CRASHED),
        "KILL": (9, Category.OUT_OF_MEMORY),  # not by us: nearly always the kernel's OOM killer
        "SEGV": (11, Category.SCRIPT_CRASHED),
        "TERM": (15, Category.KILLED_EXTERNALLY),
        "XCPU": (24, Category.RESOURCE_LIMIT),
        "XFSZ": (25, Category.RESOURCE_LIMIT),
        "SYS": (31, Category.SCRIPT_CRASHED),
    }
)
_BY_STATUS = {128 + number: name for name, (number, _) in _SIGNALS.items()}
_HINTS: Mapping[str, str] = MappingProxyType(
    {
        "SILENCE": "Look at its last lines: what does it wait for? If it may be quiet for longer, "
        "give the job a longer silence.",
        "MODULE": "Install what the script imports on the host, for example with `npm ci` in its "
        "directory.",
        "SYNTAX": "The script cannot be read by this interpreter: check its version, and the "
        "script as it is on the host.",
        "LIBRARY": "Install the library that the line names on the host.",
        "KILL": "`journalctl -k` on the host tells whether its memory ran out. If so, run it on "
        "fewer records at a time, or give it more memory; if not, ask who was on the host.",
    }
)


def outcome(
    exit_status: int | None,
    signal: str,
    reason: str,
    stderr_tail: str,
    *,
    plan: Plan | None = None,
) -> Outcome:
    """Return how the attempt ended; with *plan* the messages name its interpreter and paths.

    *signal* is a name with or without ``SIG``, *reason* the host's word ("exit", "cancel",
    "timeout", "nocwd", …) or ``SILENCE``, *stderr_tail* the end of stderr, of which 4 kB are read.
    """
    tail = stderr_tail[-LOOKED_AT:]
    signal = signal.upper().removeprefix("SIG")
    if reason == "cancel":
        return Outcome(status=Status.CANCELLED)
    if reason in {"timeout", SILENCE}:
        return _stopped(reason, plan)
    if reason in _LOST or (exit_status is None and not signal):
        return failed(_LOST.get(reason, Category.RUN_LOST), status=Status.LOST)
    if reason in _PREFLIGHT:
        return failed(_PREFLIGHT[reason], _missing(reason, plan))
    if exit_status == 0 and not signal:
        return Outcome(status=Status.SUCCEEDED)
    return _ended_badly(exit_status, signal, tail)


def failed(
    category: Category, message: str = "", *, detail: str = "", status: Status = Status.FAILED
) -> Outcome:
    """Return the end that *category* is; without *message* its own sentence tells it."""
    advice = ADVICE[category]
    return Outcome(
        status=status,
        category=category,
        detail=detail,
        message=message or advice.sentence,
        hint=_HINTS.get(detail, advice.hint),
    )


def _stopped(reason: str, plan: Plan | None) -> Outcome:
    sentence, detail = _took_too_long(plan), ""
    if reason == SILENCE:
        quiet = words(plan.silence_s) if plan and plan.silence_s else "too long"
        sentence = f"The script had said nothing for {quiet}, and Ferry stopped it."
        detail = "SILENCE"
    return failed(Category.TIMEOUT_ERROR, sentence, detail=detail, status=Status.TIMED_OUT)


def _ended_badly(exit_status: int | None, signal: str, tail: str) -> Outcome:
    line = telling_line(tail)
    if exit_status in {126, 127}:
        return _not_started(exit_status, line)
    if name := signal or _BY_STATUS.get(exit_status or 0, ""):
        return _killed(name, tail, line)
    if found := recognised(tail):
        known, line = found
        sentence = ADVICE[known.category].sentence
        return failed(known.category, _with_line(sentence, line), detail=known.detail)
    ended = f"The script ended with exit status {exit_status}."
    return failed(Category.SCRIPT_ERROR, _with_line(ended, line))


def _not_started(exit_status: int, line: str) -> Outcome:
    if "error while loading shared libraries" in line:
        sentence = "A program on the host could not start: a library is missing."
        return failed(Category.COMMAND_NOT_EXECUTABLE, _with_line(sentence, line), detail="LIBRARY")
    category = Category.COMMAND_NOT_FOUND if exit_status == 127 else Category.COMMAND_NOT_EXECUTABLE
    sentence = f"{ADVICE[category].sentence[:-1]} (exit status {exit_status})."
    return failed(category, _with_line(sentence, line))


def _killed(name: str, tail: str, line: str) -> Outcome:
    _, category = _SIGNALS.get(name, (0, Category.KILLED_EXTERNALLY))
    if is_told := NO_MEMORY.pattern.search(tail):
        category = Category.OUT_OF_MEMORY
    sentence = f"{ADVICE[category].sentence[:-1]} (SIG{name})."
    if name == "KILL" and not is_told:
        sentence = "Something on the host killed the script (SIGKILL): mostly that is a lack of "
        sentence += "memory, else a person."
    return failed(category, _with_line(sentence, line), detail=name)


def _with_line(sentence: str, line: str) -> str:
    return f"{sentence} It said: {quoted(line, longest=200)}" if line else sentence


def _took_too_long(plan: Plan | None) -> str:
    if plan is None:
        return ""
    return f"The script was still running after {words(plan.timeout_s)}, so it was stopped."


def _missing(reason: str, plan: Plan | None) -> str:
    if plan is None:
        return ""
    interpreter = f"The interpreter {quoted(plan.interpreter)} is not on {plan.host}."
    if "/" not in plan.interpreter:
        interpreter = (
            f"{quoted(plan.interpreter)} is not on the PATH of the non-interactive shell "
            f"of {plan.host}."
        )
    return {
        "nocwd": f"The directory {quoted(plan.directory)} is not on {plan.host}.",
        "nointerp": interpreter,
        "noscript": f"The script {quoted(plan.script)} is not on {plan.host}.",
        "noexec": f"{quoted(plan.script)} on {plan.host} is not executable.",
    }[reason]
