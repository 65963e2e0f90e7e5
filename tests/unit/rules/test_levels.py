import time

import pytest

from db.model.output import Level, Stream
from executor.rules.levels import level_of, levels_of


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("imported 12 patients", Level.INFO),
        ("", Level.INFO),
        ("WARN: no birthday", Level.WARNING),
        ("warning no birthday", Level.WARNING),
        ("[WARNING] no birthday", Level.WARNING),
        ("2026-01-01T10:00:00.123Z WARN no birthday", Level.WARNING),
        ("ERROR cannot write", Level.ERROR),
        ("2026-01-01 10:00:00,123 [ERROR] x", Level.ERROR),
        ("fatal: not a git repository", Level.ERROR),
        ("errors: 0", Level.INFO),
        ("error-free run", Level.INFO),
        ("warnings=3", Level.INFO),
        ("no error at all", Level.INFO),
    ],
)
def test_stdout_is_info_unless_it_begins_with_a_louder_word(text: str, level: Level) -> None:
    """Only the word at the start counts; counts of errors are not errors."""
    assert level_of(Stream.OUT, text) is level


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("(node:12) DeprecationWarning: old", Level.WARNING),
        ("something odd", Level.WARNING),
        ("    at Object.<anonymous> (/x.js:1:1)", Level.WARNING),
        ("INFO:root:started", Level.INFO),
        ("debug: x", Level.INFO),
        ("Error: unknown practitioner", Level.ERROR),
        ("Traceback (most recent call last):", Level.ERROR),
        ("sqlite3.OperationalError: locked", Level.ERROR),
        ("sh: 1: nodde: not found", Level.ERROR),
        ("cat: x: No such file or directory", Level.ERROR),
    ],
)
def test_stderr_is_a_warning_unless_it_says_otherwise(text: str, level: Level) -> None:
    """Loggers write everything to stderr: their own word wins."""
    assert level_of(Stream.ERR, text) is level


def test_notes_are_info() -> None:
    """Ferry's own remarks raise no alarm."""
    assert level_of(Stream.NOTE, "reconnected") is Level.INFO


_WORDS = (
    *("ERR", "warn", "Fatal", "critical", "PANIC", "emerg", "alert"),
    *("info", "debug", "Trace", "notice", "verbose"),
    *("OperationalError", "x.Exception", "fatal:", "panic:", "Traceback (most recent"),
    *("a: not found", "no such file", "Permission denied", "segmentation fault", "No space left"),
    *("cr\u0131t\u0130cal", "emer\u017f", "\u212ab", "caf\xe9", "imported 12 patients", ""),
)


@pytest.mark.parametrize("stream", Stream)
@pytest.mark.parametrize("word", _WORDS)
def test_block_has_the_levels_of_its_lines(stream: Stream, word: str) -> None:
    """However loud a single one of them is, and wherever it says so."""
    for line in (word, word.upper(), f"[12:00] {word}: x", f"x {word}"):
        texts = ["imported 12 patients", line, "done"]

        levels = levels_of(stream, texts, "\n".join(texts))

        assert levels == [level_of(stream, text) for text in texts], line


@pytest.mark.parametrize("char", " 1[w.")
def test_long_odd_lines_are_cheap(char: str) -> None:
    """A line of 16 KiB costs about as much as any other."""
    line = char * 16_384
    start = time.process_time()

    for _ in range(100):
        level_of(Stream.ERR, line)

    assert time.process_time() - start < 1
