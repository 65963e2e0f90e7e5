"""The picture is the one that ssh-keygen draws: people compare it with that."""

import subprocess
from pathlib import Path

import pytest

from executor.rules.randomart import randomart, side_by_side

KINDS = [
    ("ed25519", ""),
    ("rsa", "1024"),
    ("rsa", "2048"),
    ("rsa", "3071"),
    ("ecdsa", "256"),
    ("ecdsa", "384"),
    ("ecdsa", "521"),
]


@pytest.mark.parametrize(("kind", "bits"), KINDS)
def test_as_ssh_keygen_draws_it(kind: str, bits: str, tmp_path: Path) -> None:
    """Keys that nobody has seen before, some of each kind and size."""
    for number in range(6 if kind != "rsa" else 2):
        path = tmp_path / f"key{number}"
        size = ["-b", bits] if bits else []
        made = ["ssh-keygen", "-qt", kind, *size, "-N", "", "-f", str(path)]
        subprocess.run(made, check=True)
        told = subprocess.run(
            ["ssh-keygen", "-lvf", str(path)], capture_output=True, text=True, check=True
        )

        assert randomart(path.with_suffix(".pub").read_text()) == told.stdout.splitlines()[1:]


@pytest.mark.parametrize("line", ["", "ssh-ed25519", "ssh-ed25519 rubbish", "ssh-rsa AAAA"])
def test_what_is_no_key_has_no_picture(line: str) -> None:
    """A pin may have been typed by hand."""
    assert randomart(line) == []


def test_two_beside_each_other() -> None:
    """Of one alone, that one."""
    assert side_by_side(["a", "b"], ["c", "d"]) == ["a  c", "b  d"]
    assert side_by_side([], ["c"]) == side_by_side(["c"], []) == ["c"]
