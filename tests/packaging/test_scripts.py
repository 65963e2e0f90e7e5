"""The scripts behind make choose and complain as a newcomer needs it."""

import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = Path(__file__).parents[2] / "scripts"


def write_program(path: Path, text: str) -> None:
    """Write an executable shell script."""
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("working", "chosen"),
    [
        (["python3.13", "python3.12", "python3"], "python3.13"),
        (["python3.12", "python3.11"], "python3.12"),
        (["python3"], "python3"),
    ],
)
def test_newest_working_python_is_chosen(tmp_path: Path, working: list[str], chosen: str) -> None:
    """Shims that only complain are passed over."""
    for name in ("python3.13", "python3.12", "python3.11", "python3"):
        real = (
            f'exec {sys.executable} "$@"' if name in working else "echo no such version; exit 127"
        )
        write_program(tmp_path / name, real)

    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "python"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.stdout == f"{chosen}\n"


def test_no_python_is_told_in_a_sentence(tmp_path: Path) -> None:
    """An old Python counts as none."""
    write_program(tmp_path / "python3", "exit 1")

    done = subprocess.run(
        ["/bin/sh", SCRIPTS / "python"],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("Ferry needs Python 3.11 or newer and found none;")


def test_make_alone_lists_the_targets() -> None:
    """`make` says what can be made and makes nothing."""
    done = subprocess.run(
        ["make", "--no-print-directory"],
        cwd=SCRIPTS.parent,
        capture_output=True,
        text=True,
        check=True,
    )

    listed = [line.split()[1] for line in done.stdout.splitlines()]
    assert listed == ["help", "demo", "test", "bench", "faults", "lint", "format", "lock", "clean"]
