"""`make bench` works: every part that is quick, at its smallest size. What it measures is noise."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.__main__ import main
from bench.place import missing
from bench.report import Bar, Section, percentile

ROOT = Path(__file__).parents[2]


@pytest.mark.mariadb
@pytest.mark.sshd
@pytest.mark.timeout(240)
@pytest.mark.parametrize(
    ("parts", "titles"), [("abc", ["a", "a", "b", "b", "c"]), ("def", ["d", "f", "e"])]
)
def test_every_part_measures(tmp_path: Path, parts: str, titles: list[str]) -> None:
    """What was found is in the tables and in the JSON, with its bars; no line was lost."""
    if packages := missing():
        pytest.skip(f"The bench needs {packages}.")

    ended = subprocess.run(
        [sys.executable, "-m", "bench", "--quick", "--folder", tmp_path, *parts],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ended.returncode == 0, ended.stderr
    (written,) = tmp_path.glob("*-quick.json")
    sections = json.loads(written.read_text())["sections"]
    rows = {row["name"]: row["median"] for section in sections for row in section["rows"]}
    assert [section["title"][0] for section in sections] == titles
    assert all(section["title"] in ended.stdout and section["bars"] for section in sections)
    assert all(name in ended.stdout and value >= 0 for name, value in rows.items())
    assert rows.get("lines lost, doubled or out of order", 0) == 0


def test_an_unknown_part_is_told(tmp_path: Path) -> None:
    """With the parts there are; nothing is measured."""
    ended = CliRunner().invoke(main, ["--folder", str(tmp_path), "x"])

    assert ended.exit_code == 2
    assert "no part x; there are a b c d e f" in ended.output
    assert list(tmp_path.iterdir()) == []


def test_ratios_are_taken_turn_by_turn() -> None:
    """A turn that was slow for both changes nothing; a row in another unit has no ratio."""
    section = Section("a  Lines", base="old")
    section.add("old", "lines/s", [10, 1, 10])
    new = section.add("new", "lines/s", [25, 2.5, 30])
    other = section.add("memory", "MB", [25])

    assert section.ratio(new) == 2.5
    assert section.ratio(other) is None
    assert "2.50 x" in section.text()


@pytest.mark.parametrize(
    ("bar", "told"),
    [
        (Bar("lag, ms", 300, 300), "reached      lag, ms: 300 (≤ 300)"),
        (Bar("lag, ms", 301, 300), "NOT REACHED  lag, ms: 301 (≤ 300)"),
        (Bar("rate", 2.2, 2.2, is_most=False), "reached      rate: 2.2 (≥ 2.2)"),
        (Bar("rate", 2.196, 2.2, is_most=False), "NOT REACHED  rate: 2.196 (≥ 2.2)"),
    ],
)
def test_a_bar_says_whether_it_is_reached(bar: Bar, told: str) -> None:
    """At most, or at least."""
    assert bar.line == told


def test_percentiles() -> None:
    """The smallest value that so many do not exceed."""
    values = list(range(1, 201))

    assert [percentile(values, each) for each in (50, 99, 100)] == [100, 198, 200]
    assert percentile([7], 99) == 7
