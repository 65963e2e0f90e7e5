"""What ``docs/audit.md`` tells to run by itself runs, and finds a changed line."""

import re
import subprocess
import sys
from pathlib import Path

from bot.key_file import read_keys
from db.model.audit import AuditEvent
from executor.rules.chain import json_line
from handlers.views.audit import DEEDS
from tests.unit.rules.test_chain import log

_NOT_YET = ("execution.overridden", "execution.voided", "value.", "execution.awaiting")
PAGE = Path(__file__).parents[3] / "docs" / "audit.md"


def checked(home: Path, lines: str) -> subprocess.CompletedProcess[str]:
    """Run the program on the page over an export."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    export = home / "export.jsonl"
    export.write_text(lines)
    command = [sys.executable, "-c", program, str(home / "ferry.key"), str(export)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_an_export_is_checked_without_ferry(tmp_path: Path) -> None:
    """By whoever has the key file and a Python."""
    events: list[AuditEvent] = log(3, read_keys(tmp_path / "ferry.key").audit)
    lines = "".join(json_line(event) for event in events)

    good = checked(tmp_path, lines)
    bad = checked(tmp_path, lines.replace("U0ANA", "U0EVE", 1))

    assert good.stdout == "every line is as it was written\n", good.stderr
    assert (bad.returncode, bad.stderr) == (1, "event 1 is not as it was written\n")


def test_every_kind_that_has_a_sentence_stands_on_the_page() -> None:
    """What people read in Slack they find there."""
    page = PAGE.read_text(encoding="utf-8")
    told = {verb for verb in DEEDS if not verb.startswith(_NOT_YET)}

    assert sorted(verb for verb in told if f".{verb.split('.')[1]}`" not in page) == []
