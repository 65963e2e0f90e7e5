import time
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.model.execution import Progress
from executor.rules.progress import Reader, read_result


def read(line: str, pattern: str = "") -> tuple[float, float] | None:
    """Return (done, total) that a new reader reads in *line*."""
    progress = Reader(pattern).read(line)
    return (progress.done, progress.total) if progress else None


@pytest.mark.parametrize(
    ("line", "progress"),
    [
        ("::progress 12/40 importing", Progress(done=12, total=40, words="importing")),
        ("::progress 12 / 40", Progress(done=12, total=40)),
        ("  ::progress 37.5% of it ", Progress(done=37.5, total=100, words="of it")),
        ("::progress 0/40 start", Progress(done=0, total=40, words="start")),
    ],
)
def test_explicit_lines_are_read(line: str, progress: Progress) -> None:
    """A script that says its progress is taken by its word."""
    assert Reader().read(line) == progress


@pytest.mark.parametrize("line", ["::progress 41/40", "::progress 150%", "::progress 3/0"])
def test_impossible_explicit_progress_is_none(line: str) -> None:
    """More than all is not progress."""
    assert read(line) is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("37%", (37, 100)),
        ("done 37.5 % so far", (37.5, 100)),
        ("done 37,5% so far", (37.5, 100)),
        ("patient 12/40", (12, 40)),
        ("patient 12 of 40 imported.", (12, 40)),
        ("12/40.", (12, 40)),
        ("(12/40)", (12, 40)),
        ("[12/40] Ana", (12, 40)),
        ("150% of 12/40", (12, 40)),
        ("100%|██████████| 40/40", (100, 100)),
    ],
)
def test_progress_is_guessed_from_usual_output(line: str, expected: tuple[float, float]) -> None:
    """Percentages and counts are recognised in running text and in bars."""
    assert read(line) == expected


@pytest.mark.parametrize(
    "line",
    [
        "12/10/2026",
        "born 1/2/2026",
        "2026/12/10",
        "3/2 cups",
        "24/7 support",
        "150%",
        "/data/12/40/x",
        "HTTP/1.1 200",
        "10.0.0.0/24",
        "v1/2-beta",
        "-3/40",
        "0/0",
        "1/2/3",
        "1 / 2 / 2026",
        "100%25",
        "",
        "no numbers",
    ],
)
def test_dates_ratios_and_paths_are_not_progress(line: str) -> None:
    """A bar that jumps about is worse than none."""
    assert read(line) is None


def test_explicit_lines_win_for_the_rest_of_the_run() -> None:
    """Once the script speaks for itself, guesses and patterns are not asked any more."""
    reader = Reader(r"row (?P<done>\d+) of (?P<total>\d+)")

    before = reader.read("row 1 of 9")
    reader.read("::progress 2/9")
    after = reader.read("row 3 of 9")

    assert before == Progress(done=1, total=9)
    assert after is None


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        (r"row (?P<done>\d+) von (?P<total>\d+)", "row 3 von 9", (3, 9)),
        (r"at (?P<percent>[\d,]+) percent", "at 12,5 percent", (12.5, 100)),
        (r"row (?P<done>\S+) of (?P<total>\S+)", "row x of y", None),
        (r"row (?P<done>\d+)?(?P<total>\d+)?", "row", None),
        (r"row (?P<done>\d+) of (?P<total>\d+)", "12/40", None),
    ],
)
def test_own_pattern_replaces_the_guesses(
    pattern: str, line: str, expected: tuple[float, float] | None
) -> None:
    """A job that says how to read its output is read only that way."""
    assert read(line, pattern) == expected


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Importing [#####-----] 37% (iclinic)", "Importing (iclinic)"),
        ("[12/40] Ana Souza", "Ana Souza"),
        ("patients: (12 of 40)", "patients"),
        ("100%|██████████| 40/40", "40/40"),
        ("37%", ""),
    ],
)
def test_words_are_the_line_without_its_bar(line: str, words: str) -> None:
    """The card shows what the script says, not its drawing."""
    progress = Reader().read(line)

    assert progress is not None
    assert progress.words == words


@pytest.mark.parametrize(
    ("line", "result"),
    [
        ("::result created=12 updated=3", {"created": "12", "updated": "3"}),
        ('  ::result file="patients june.csv"', {"file": "patients june.csv"}),
        ("::result done", {}),
        ('::result a="1 b=2', {"a": '"1', "b": "2"}),
        ("result a=1", {}),
        ("say ::result a=1", {}),
    ],
)
def test_result_lines_are_read(line: str, result: dict[str, str]) -> None:
    """A script's summary is names and values; every other line says nothing."""
    assert read_result(line) == result


@given(st.text(alphabet=st.sampled_from("0123456789/%.,:of progresult=\"'# \r-"), max_size=60))
def test_any_line_is_survived_and_progress_is_possible(line: str) -> None:
    """No output of a script breaks the reader or shows more than all."""
    read_result(line)
    progress = Reader().read(line)

    assert progress is None or 0 <= progress.done <= progress.total


@pytest.mark.parametrize("text", ["inf", "Infinity", "nan", "1e999", "9" * 400])
def test_what_is_no_finite_number_is_no_progress(text: str) -> None:
    """A pattern may catch such words; no bar can show them and no database keeps them."""
    pattern = r"(?P<done>\S+) of (?P<total>\S+)"

    assert read(f"{text} of {text}", pattern) is None
    assert read(f"1 of {text}", pattern) is None


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("9/1 " * 4000, ""),
        ("999% " * 3200, ""),
        ("1 " * 8000, r"(?P<done>\d+) .*?of (?P<total>\d+)"),
        ("1 " * 8000, r".*(?P<done>\d+) .*of (?P<total>\d+)"),
    ],
)
def test_a_long_line_costs_no_more_than_a_short_one(line: str, pattern: str) -> None:
    """Everything else waits while a line is read: all of them took more than 100 ms."""
    reader = Reader(pattern)
    fastest = min(_seconds(lambda: reader.read(line)) for _ in range(3))

    assert fastest < 0.05


def _seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start
