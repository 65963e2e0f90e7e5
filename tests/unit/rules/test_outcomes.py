from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.categories import Category
from db.model.execution import Status
from executor.rules.outcomes import outcome
from executor.rules.stderr import telling_line
from tests.unit.rules.samples import PLAN

NODE = """/srv/x.js:3
  throw new Error("unknown practitioner 99");
  ^

Error: unknown practitioner 99
    at Object.<anonymous> (/srv/x.js:3:9)
    at node:internal/main/run_main_module:28:49

Node.js v20.11.0
"""
PYTHON = """Traceback (most recent call last):
  File "/srv/x.py", line 3, in <module>
    raise KeyError("patient")
KeyError: 'patient'
"""
HEAP = "FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n"


def test_exit_zero_is_success_without_words() -> None:
    """There is nothing to explain, whatever stderr says."""
    ended = outcome(0, "", "exit", "No space left on device")

    assert ended.status is Status.SUCCEEDED
    assert (ended.category, ended.message, ended.hint) == (None, "", "")


def test_cancel_by_ferry_is_cancelled_whatever_the_status() -> None:
    """What Ferry did itself is known, not guessed."""
    assert outcome(143, "TERM", "cancel", "Error: x").status is Status.CANCELLED


def test_timeout_names_its_limit() -> None:
    """The person reads how long it was allowed to run."""
    ended = outcome(137, "KILL", "timeout", "", plan=PLAN)

    assert (ended.status, ended.category) == (Status.TIMED_OUT, Category.TIMEOUT_ERROR)
    assert "after 10 min" in ended.message


@pytest.mark.parametrize(
    ("reason", "category"),
    [
        ("reboot", Category.HOST_REBOOTED),
        ("supervisor_died", Category.RUN_LOST),
        ("", Category.RUN_LOST),
        ("exit", Category.RUN_LOST),
    ],
)
def test_run_without_an_ending_is_lost(reason: str, category: Category) -> None:
    """No exit status and no signal: nobody knows, and nothing else is claimed."""
    ended = outcome(None, "", reason, "Error: x")

    assert (ended.status, ended.category) == (Status.LOST, category)


@pytest.mark.parametrize(
    ("reason", "category", "words"),
    [
        ("nocwd", Category.DIRECTORY_NOT_FOUND, "`~/migrations` is not on staging.example.com"),
        (
            "nointerp",
            Category.COMMAND_NOT_FOUND,
            "`node` is not on the PATH of the",
        ),
        ("noscript", Category.SCRIPT_NOT_FOUND, "`~/migrations/import.js` is not on staging"),
        (
            "noexec",
            Category.COMMAND_NOT_EXECUTABLE,
            "on staging.example.com is not executable",
        ),
    ],
)
def test_what_was_missing_before_the_start_is_named(
    reason: str, category: Category, words: str
) -> None:
    """The host's own reason is exact, and the message says which thing where."""
    ended = outcome(127, "", reason, "", plan=PLAN)

    assert (ended.status, ended.category) == (Status.FAILED, category)
    assert words in ended.message
    assert outcome(127, "", reason, "").message


def test_interpreter_by_path_is_told_as_a_path() -> None:
    """Nobody is sent to look at the PATH for an absolute interpreter."""
    plan = replace(PLAN, interpreter="/opt/node")

    message = outcome(127, "", "nointerp", "", plan=plan).message

    assert message == "The interpreter `/opt/node` is not on staging.example.com."


@pytest.mark.parametrize(
    ("exit_status", "signal", "stderr", "category", "detail"),
    [
        (127, "", "sh: 1: nodde: not found", Category.COMMAND_NOT_FOUND, ""),
        (
            127,
            "",
            "x: error while loading shared libraries: y",
            Category.COMMAND_NOT_EXECUTABLE,
            "LIBRARY",
        ),
        (126, "", "sh: ./x: Permission denied", Category.COMMAND_NOT_EXECUTABLE, ""),
        (137, "", "", Category.OUT_OF_MEMORY, "KILL"),
        (None, "SIGKILL", "", Category.OUT_OF_MEMORY, "KILL"),
        (134, "", HEAP, Category.OUT_OF_MEMORY, "ABRT"),
        (134, "", "", Category.SCRIPT_CRASHED, "ABRT"),
        (139, "", "", Category.SCRIPT_CRASHED, "SEGV"),
        (-1, "SEGV", "", Category.SCRIPT_CRASHED, "SEGV"),
        (130, "", "", Category.KILLED_EXTERNALLY, "INT"),
        (143, "", "", Category.KILLED_EXTERNALLY, "TERM"),
        (153, "", "", Category.RESOURCE_LIMIT, "XFSZ"),
        (None, "USR1", "", Category.KILLED_EXTERNALLY, "USR1"),
        (1, "", "MemoryError", Category.OUT_OF_MEMORY, ""),
        (1, "", "write: No space left on device", Category.DISK_FULL, ""),
        (1, "", "Error: ENOSPC: no space", Category.DISK_FULL, ""),
        (2, "", "sh: 3: Cannot fork", Category.RESOURCE_LIMIT, ""),
        (1, "", "Error: EMFILE: too many", Category.RESOURCE_LIMIT, ""),
        (1, "", "sudo: a password is required", Category.SUDO_PASSWORD_REQUIRED, ""),
        (2, "", "python3: can't open file '/x.py'", Category.SCRIPT_NOT_FOUND, ""),
        (2, "", "sh: 0: cannot open x.sh", Category.SCRIPT_NOT_FOUND, ""),
        (2, "", "sh: 4: cannot open data.csv: No such file", Category.SCRIPT_ERROR, ""),
        (1, "", "  code: 'MODULE_NOT_FOUND',", Category.SCRIPT_ERROR, "MODULE"),
        (2, "", "x.sh: 3: Syntax error: end of file", Category.SCRIPT_ERROR, "SYNTAX"),
        (1, "", NODE, Category.SCRIPT_ERROR, ""),
        (255, "", "", Category.SCRIPT_ERROR, ""),
    ],
)
def test_ending_is_categorised(
    exit_status: int | None, signal: str, stderr: str, category: Category, detail: str
) -> None:
    """Each way to end that was met on real hosts has its category, words and hint."""
    ended = outcome(exit_status, signal, "exit", stderr)

    assert (ended.status, ended.category, ended.detail) == (Status.FAILED, category, detail)
    assert ended.message.endswith((".", "`"))
    assert ended.hint


@pytest.mark.parametrize(("stderr", "is_sure"), [("", False), (HEAP, True)])
def test_a_kill_is_called_lack_of_memory_only_if_the_script_said_so(
    stderr: str, is_sure: bool
) -> None:
    """Mostly it is; but who splits batches for nothing was told something untrue."""
    message = outcome(137, "", "exit", stderr).message

    assert message.startswith("The script ran out of memory") is is_sure
    assert message.startswith("Something on the host killed the script (SIGKILL)") is not is_sure


@pytest.mark.parametrize(
    ("stderr", "line"),
    [
        (NODE, "Error: unknown practitioner 99"),
        (PYTHON, "KeyError: 'patient'"),
        ("a\nb\n\n", "b"),
        ("ERROR: bad\ncleaning up\n", "ERROR: bad"),
        ("", ""),
        ("   \n", ""),
    ],
)
def test_message_holds_the_line_that_tells(stderr: str, line: str) -> None:
    """Of a stack trace the person reads the one line that names the error."""
    ended = outcome(3, "", "exit", stderr)

    assert telling_line(stderr) == line
    assert ended.message.startswith("The script ended with exit status 3.")
    assert line in ended.message


def test_only_the_end_of_stderr_counts() -> None:
    """A full disk that was survived an hour ago is not why it failed now."""
    ended = outcome(1, "", "exit", "No space left on device\n" + "ok\n" * 2000 + "boom")

    assert ended.category is Category.SCRIPT_ERROR


@given(
    st.none() | st.integers(-1, 255),
    st.sampled_from(["", "KILL", "SIGTERM", "WINCH"]),
    st.sampled_from(["", "exit", "cancel", "timeout", "noscript", "reboot", "strange"]),
    st.text(alphabet=st.characters(), max_size=200),
)
def test_every_ending_is_over_and_explained(
    exit_status: int | None, signal: str, reason: str, stderr: str
) -> None:
    """Whatever the host says, the run ends, and every failure has a category, a message, a hint."""
    ended = outcome(exit_status, signal, reason, stderr, plan=PLAN)

    assert ended.status.is_over
    assert (ended.category is None) == (ended.status in {Status.SUCCEEDED, Status.CANCELLED})
    assert bool(ended.message) == bool(ended.hint) == (ended.category is not None)
    assert ended.message.isprintable()
