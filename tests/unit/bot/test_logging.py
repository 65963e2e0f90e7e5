"""What must never stand in a log entry, however it gets there."""

import logging as stdlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import structlog

from bot import logging
from bot.settings import LogFormat

WORDS = "xoxb-12-ab and mysql://ferry:pw-in-url@db/ferry and wss://w/?ticket=once-only"
HIDDEN = ("xoxb-12-ab", "xapp-1-cd", "pw-in-url", "once-only", "only-in-a-variable")
Written = Callable[[], str]


@pytest.fixture(params=list(LogFormat))
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Written]:
    """Send log entries to a file; return what stands in it."""
    root = stdlib.getLogger()
    before = root.handlers[:], root.level
    logging.configure("info", request.param, to=tmp_path / "ferry.log")
    yield (tmp_path / "ferry.log").read_text
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    structlog.reset_defaults()


def test_a_traceback_tells_neither_tokens_nor_the_values_of_variables(written: Written) -> None:
    """Where a run crashes, its secrets are in variables nearby."""
    try:
        _crash()
    except RuntimeError:
        structlog.get_logger("ferry").exception("crashed")
        stdlib.getLogger("library").exception("crashed, says %s", "xapp-1-cd")

    entries = written()
    assert entries.count("RuntimeError") >= 2
    assert [word for word in HIDDEN if word in entries] == []


def test_values_inside_of_values_are_looked_through(written: Written) -> None:
    """Lists and mappings are written as they are, but for tokens."""
    structlog.get_logger("ferry").info("told", all=[WORDS], by={"url": (WORDS,)}, text=WORDS)

    entries = written()
    assert "told" in entries
    assert [word for word in HIDDEN if word in entries] == []


def _crash() -> None:
    secrets = {"API_TOKEN": "only-in-" + "a-variable"}
    raise RuntimeError(f"{WORDS} {len(secrets)}")
