"""What hosts tell, in words: numbers as people read them, and nothing that a host can break."""

from datetime import UTC, datetime, timedelta

import pytest

from db.model.execution import Check, CheckState
from executor.ssh import findings
from executor.ssh.facts import Facts, visible
from executor.ssh.measure import measured, script_problem
from executor.ssh.target import Target
from tests.support.looks import plan

NOON = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
TARGET = Target(
    host="staging.example",
    port=22,
    user="deploy",
    key_path="",
    passphrase_ref="",
    proxy_jump="",
    host_key="",
)
DF = b"Filesystem 1024-blocks Used Available Capacity Mounted on\n%s 100 50 %d 50%% %s\nended 0"


@pytest.mark.parametrize(
    ("size", "age", "words"),
    [
        (b"0", timedelta(seconds=59), "import.js, 0 bytes, changed just now"),
        (b"999", timedelta(minutes=1), "import.js, 999 bytes, changed 1 minute ago"),
        (b"4200", timedelta(hours=5), "import.js, 4.2 kB, changed 5 hours ago"),
        (b"12300000", timedelta(days=3), "import.js, 12.3 MB, changed 3 days ago"),
        (b"2000000000", timedelta(seconds=-90), "import.js, 2.0 GB, changed just now"),
    ],
)
def test_script_has_name_size_and_age(size: bytes, age: timedelta, words: str) -> None:
    """A time in the future is a clock that is off, which is told elsewhere."""
    modified = str(int((NOON - age).timestamp())).encode()

    found = {"script": b"/srv/import.js", "size": size, "modified": modified}

    assert findings.script(plan(), found, NOON) == words


@pytest.mark.parametrize(
    ("now", "state", "words"),
    [
        (b"1773489600.500000000", "good", "in step"),
        (b"1773489600", "good", "in step"),
        (b"1773489599", "good", "in step"),
        (b"1773489601.%N", "good", "in step"),
        (b"1773489603.200000000", "good", "2.2 s ahead"),
        (b"1773489598.000000000", "good", "2.0 s behind"),
        (b"1773486000", "warning", "3,599.0 s behind: is NTP running there?"),
        (b"1773489607.000000000", "warning", "6.0 s ahead: is NTP running there?"),
        (b"", "warning", "the host does not tell (date)"),
        (b"yesterday", "warning", "the host does not tell (date)"),
        (b"9" * 12, "warning", "s ahead: is NTP running there?"),
    ],
)
def test_clock_allows_for_the_way_there_and_back(now: bytes, state: str, words: str) -> None:
    """Asked at noon, answered a second later: whatever lies between is in step."""
    check = findings.clock({"now": now}, NOON, NOON + timedelta(seconds=1))

    assert (check.state.value, check.words.endswith(words)) == (state, True), check


@pytest.mark.parametrize(
    ("found", "state", "words"),
    [
        (
            {"runs_disk": DF % (b"/dev/a", 12_000_000, b"/"), "folder_disk": b""},
            "good",
            "12.3 GB free",
        ),
        (
            {
                "runs_disk": DF % (b"/dev/a", 12_000_000, b"/"),
                "folder_disk": DF % (b"my disk 1 2", 11_999_000, b"/"),
            },
            "good",
            "12.3 GB free",
        ),
        (
            {
                "runs_disk": DF % (b"tmpfs", 9_000_000, b"/home"),
                "folder_disk": DF % (b"nas:/a b", 100_000, b"/srv/a b"),
            },
            "warning",
            "102.4 MB free for ~/scripts: a run may fail for want of space (see `df -h`)",
        ),
        ({"runs_disk": b"df: no such thing\nended 1"}, "warning", "the host does not tell (df)"),
        ({}, "warning", "the host does not tell (df)"),
    ],
)
def test_disk_is_the_fuller_of_the_two(found: Facts, state: str, words: str) -> None:
    """Two answers about one filesystem are one."""
    assert findings.disk(found, plan()) == Check(name="disk", state=CheckState(state), words=words)


@pytest.mark.parametrize(
    ("runners", "words"),
    [
        (b"4711 6720 sure ana\nseen", "process 4711 of ana runs it since 10:08 UTC"),
        (b"4711 86400 sure ana\nseen", "process 4711 of ana runs it since 2026-03-13 12:00 UTC"),
        (b"4711 -5 sure ana\nseen", "process 4711 of ana runs it"),
        (
            b"1 1 sure a\n2 2 sure b\n3 3 maybe c\nseen",
            "process 1 of a runs it since 11:59 UTC, and 2 more",
        ),
        (b"1 1 sure \x1b[31m\nseen", "process 1 of \\x1b[31m runs it since 11:59 UTC"),
        (b"1 1 maybe a b\nseen", "process 1 of a b seems to run it since 11:59 UTC"),
        (b"1 1 maybe a\n2 2 sure b\nseen", "process 2 of b runs it since 11:59 UTC, and 1 more"),
        (b"secret words of a stranger\nseen", "nobody runs it by hand"),
        (b"4711 6720 sure ana", "the host does not let Ferry see its processes"),
    ],
)
def test_runners_are_told_in_words(runners: bytes, words: str) -> None:
    """Only what has the right form is repeated."""
    check = findings.by_hand({"runners": runners}, TARGET, NOON)

    assert check.words == words


def test_hidden_processes_are_admitted() -> None:
    """A host may hide other users' processes."""
    check = findings.by_hand({"runners": b"seen", "hidden": b"yes"}, TARGET, NOON)

    assert check.words == f"nobody runs it by hand (only {TARGET.user}'s processes can be seen)"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("size", b"9" * 5000),
        ("size", b"-1"),
        ("size", b"\xff"),
        ("script", b""),
        ("problem", b"\x00\xffnonsense"),
    ],
)
def test_nonsense_is_a_script_that_cannot_run(name: str, value: bytes) -> None:
    """Whatever a host makes up, it is a sentence."""
    found = {"script": b"/srv/import.js", "size": b"5", name: value}

    problem = script_problem(found, TARGET, plan())

    assert problem is not None
    assert "cannot be looked at" in problem.message


def test_nonsense_beside_the_hash_is_left_out() -> None:
    """Times beyond the calendar, revisions that are none, paths that nobody can read."""
    found = {
        "script": b"/srv/\xff\x1b[2J" + b"x" * 9000,
        "size": b"5",
        "modified": b"9" * 14,
        "revision": b"not a commit",
        "dirty": b"yes",
        "version": b"\x07v1\nended 0",
    }

    result = measured(found, "0" * 64)

    assert result.script.startswith("/srv/\\xff\\x1b[2Jxxx")
    assert len(result.script) == 4096
    assert (result.modified_at, result.revision, result.is_dirty) == ("", "", False)
    assert result.interpreter_version == "\\x07v1"


def test_visible_text_stays_within_its_length() -> None:
    """Also when what is escaped grows."""
    assert visible(b"\x1b" * 500, 50) == "\\x1b" * 12 + "\\…"
    assert visible("ünï→".encode(), 4) == "ünï→"
