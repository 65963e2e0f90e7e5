"""The sample migration behaves like the real one, with node and with Python alike."""

import hashlib
import shlex
import shutil
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import asyncssh
import pytest

from playground.host import SampleHost, plain_path
from playground.sample import Installed, install
from playground.sample.generate import FIRST_IDS, SMALL, write_export
from playground.sample.install import node_works

NODE = ["node", "orchestrate-import.js"]
PYTHON = ["python3", "orchestrate_import.py"]
TARGET = "fabiangc@example.com"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Install the sample into an empty home."""
    install(tmp_path)
    return tmp_path


@pytest.fixture(params=[NODE, PYTHON], ids=["node", "python"])
def command(request: pytest.FixtureRequest) -> list[str]:
    """Give both variants in turn; node is optional on a host."""
    variant: list[str] = request.param
    if variant is NODE and not node_works(plain_path()):
        pytest.skip("node 18 or newer is missing")
    return variant


def start(
    home: Path, command: list[str], *arguments: str, pace_ms: int = 0
) -> subprocess.Popen[str]:
    """Start the script in its own directory."""
    return subprocess.Popen(
        [*command, *arguments],
        cwd=home / "migrations",
        env={"PATH": plain_path(), "HOME": str(home), "SAMPLE_PACE_MS": str(pace_ms)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )


def run(home: Path, command: list[str], *arguments: str) -> tuple[int, list[str], list[str]]:
    """Run the script flat out; return exit status, stdout and stderr lines."""
    process = start(home, command, *arguments)
    out, err = process.communicate(timeout=30)
    return process.returncode, out.splitlines(), err.splitlines()


def test_main_import_counts_and_warns(home: Path, command: list[str]) -> None:
    """Of 3,000 records 50 are skipped, each with a warning that names its id, not the person."""
    status, out, err = run(home, command, "iclinic", "drleandro", "320623", TARGET)

    assert status == 0
    assert out[0].startswith(f"orchestrate-import on {command[0].removesuffix('3')} ")
    assert "::progress 1200/3000 Importing patients" in out
    assert "[10/120] 250 of 3000 records: 245 new, 0 changed, 0 unchanged, 5 skipped" in out
    assert out[-2:] == [
        "Done: 2950 new, 0 changed, 0 unchanged, 50 skipped.",
        "::result imported=2950 unchanged=0 skipped=50",
    ]
    assert len(err) == 56
    assert "warning: record 43055: birth date missing, skipped" in err
    assert "warning: record 43077: CPF check digits wrong, skipped" in err
    assert "warning: record 43200: id seen before in this export, skipped" in err
    assert "warning: record 43202: not UTF-8, read as Latin-1" in err
    assert not any("Teste" in line for line in out + err)


def test_second_run_changes_nothing(home: Path, command: list[str]) -> None:
    """What is already there is counted as unchanged."""
    run(home, command, "iclinic", "drleandro", "320623", TARGET)

    _, out, _ = run(home, command, "iclinic", "drleandro", "320623", TARGET)

    assert out[-2:] == [
        "Done: 0 new, 0 changed, 2950 unchanged, 50 skipped.",
        "::result imported=0 unchanged=2950 skipped=50",
    ]


def test_a_changed_record_is_written_again(home: Path, command: list[str]) -> None:
    """A corrected phone number in a later export reaches the store."""
    run(home, command, "iclinic", "drleandro", SMALL, TARGET)
    export = home / "migrations/data/iclinic-export.ndjson"
    phone = f'"id": "{FIRST_IDS[SMALL] + 7}"'.encode()
    lines = export.read_bytes().splitlines(keepends=True)
    changed = [
        line.replace(b"0000-0007", b"9999-0007") if phone in line else line for line in lines
    ]
    export.write_bytes(b"".join(changed))

    _, out, _ = run(home, command, "iclinic", "drleandro", SMALL, TARGET)

    assert out[-1] == "::result imported=1 unchanged=119 skipped=0"


def test_both_variants_say_the_same(home: Path) -> None:
    """Output and warnings are equal but for the line that says which ran."""
    if not node_works(plain_path()):
        pytest.skip("node 18 or newer is missing")

    for arguments in (
        ("iclinic", "drleandro", "320623", TARGET),
        ("iclinic", "drleandro", "320666", TARGET),
        ("iclinic", "drleandro", "320623", TARGET, "44320"),
        ("iclinic", "drleandro", "1", TARGET),
        ("clinic", "drleandro", "320623", TARGET),
        ("iclinic", "drleandro"),
    ):
        by_node = run(home, NODE, *arguments)
        by_python = run(home, PYTHON, *arguments)

        assert by_node[0] == by_python[0]
        assert by_node[1][1:] == by_python[1][1:]
        assert by_node[2] == by_python[2]


def test_one_patient_is_imported_alone(home: Path, command: list[str]) -> None:
    """With a patient-id nothing else is touched."""
    status, out, err = run(home, command, "iclinic", "drleandro", "320623", TARGET, "44320")

    assert (status, err) == (0, [])
    assert out[-1] == "::result imported=1 unchanged=0 skipped=0"


@pytest.mark.parametrize(
    ("arguments", "status", "told"),
    [
        pytest.param(
            ["iclinic", "dr", "1", "x"],
            3,
            "error: practitioner 1 has no records in data/iclinic-export.ndjson",
            id="unknown practitioner",
        ),
        pytest.param(
            ["iclinic", "dr", "320623", "x", "7"],
            3,
            "error: patient 7 is not among the 3000 of practitioner 320623",
            id="unknown patient",
        ),
        pytest.param(
            ["clinic", "dr", "320623", "x"],
            2,
            "error: unknown sistema clinic; known: iclinic",
            id="unknown sistema",
        ),
        pytest.param(
            ["--sistema=iclinic", "dr"],
            2,
            "error: usage: orchestrate-import <sistema> <usuario> <practitioner-id>"
            " <medpro-pract-id> [patient-id]",
            id="too few arguments",
        ),
    ],
)
def test_wrong_arguments_are_told(
    home: Path, command: list[str], arguments: list[str], status: int, told: str
) -> None:
    """Each ends with its own status and one sentence."""
    assert run(home, command, *arguments)[::2] == (status, [told])


def test_a_corrupt_record_stops_the_import_and_keeps_what_came_before(
    home: Path, command: list[str]
) -> None:
    """110 records are there, which the next run over them would count as unchanged."""
    status, _, err = run(home, command, "iclinic", "dr", "320666", TARGET)

    assert status == 1
    told = "bad record at line 3231 of data/iclinic-export.ndjson: not JSON; what came before stays"
    assert err == [f"error: {told}"]
    kept = [
        run(home, command, "iclinic", "dr", "320666", TARGET, str(n))[1] for n in (60109, 60111)
    ]
    assert [out[-1] for out in kept] == [
        "::result imported=0 unchanged=1 skipped=0",
        "::result imported=1 unchanged=0 skipped=0",
    ]


def test_the_wrong_directory_is_told(home: Path, command: list[str]) -> None:
    """The script reads ./data, as the original does."""
    script = home / "migrations" / command[1]
    (home / "migrations").rename(home / "elsewhere")
    (home / "migrations").mkdir()
    shutil.copy(home / "elsewhere" / command[1], script)

    status, _, err = run(home, command, "iclinic", "dr", "320623", TARGET)

    assert status == 1
    assert err == ["error: cannot read data/iclinic-export.ndjson: run me in my own directory"]


def test_term_ends_it_after_the_batch(home: Path, command: list[str]) -> None:
    """The script says where it stopped and ends with 143."""
    process = start(home, command, "iclinic", "dr", "320623", TARGET, pace_ms=20)
    assert process.stdout is not None
    while not process.stdout.readline().startswith("::progress 50/"):
        pass

    process.terminate()
    _, err = process.communicate(timeout=10)

    assert process.returncode == 143
    assert err.splitlines()[-1].startswith("error: stopped by SIGTERM after ")


def test_the_hanging_one_falls_silent_until_it_is_stopped(home: Path, command: list[str]) -> None:
    """It prints, waits for ever, and hears SIGTERM."""
    process = start(home, command, "iclinic", "dr", "320999", TARGET)
    assert process.stdout is not None
    while process.stdout.readline() != "waiting for data/attachments/61030.zip\n":
        pass

    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(timeout=0.5)
    process.terminate()

    process.communicate(timeout=10)
    assert process.returncode == 143


def test_export_is_the_same_every_time(tmp_path: Path) -> None:
    """Two exports are equal, so that numbers in the documentation stay true."""
    for name in ("one", "two"):
        write_export(tmp_path / name)

    one, two = (hashlib.sha256((tmp_path / name).read_bytes()).digest() for name in ("one", "two"))

    assert one == two


def test_no_cpf_in_the_export_is_a_real_one(home: Path) -> None:
    """The check digits by the real rule never fit."""
    export = (home / "migrations/data/iclinic-export.ndjson").read_text(errors="replace")

    numbers = [line.split('"cpf": "')[1][:11] for line in export.splitlines() if '"cpf": "' in line]

    assert len(numbers) > 3300
    assert not [cpf for cpf in numbers if _is_real(cpf)]


def _is_real(cpf: str) -> bool:
    """Check a CPF by the tax office's rule."""
    digits = [int(digit) for digit in cpf]
    for at in (9, 10):
        rest = sum(digits[i] * (at + 1 - i) for i in range(at)) * 10 % 11 % 10
        if rest != digits[at]:
            return False
    return True


def test_install_is_harmless_to_repeat(home: Path, command: list[str]) -> None:
    """What was imported before a second install stays imported."""
    run(home, command, "iclinic", "dr", SMALL, TARGET)

    install(home)

    _, out, _ = run(home, command, "iclinic", "dr", SMALL, TARGET)
    assert out[-1] == "::result imported=0 unchanged=120 skipped=0"


@pytest.mark.parametrize(
    ("shim", "works"),
    [
        pytest.param("echo v18.0.0", True, id="new enough"),
        pytest.param("echo v16.20.2", False, id="too old"),
        pytest.param("echo 'node: version not set' >&2; exit 127", False, id="broken shim"),
        pytest.param(None, False, id="missing"),
    ],
)
def test_node_counts_only_if_it_runs_and_is_new_enough(
    tmp_path: Path, shim: str | None, works: bool
) -> None:
    """A version manager's shim that only complains is not an interpreter."""
    if shim is not None:
        (tmp_path / "node").write_text(f"#!/bin/sh\n{shim}\n")
        (tmp_path / "node").chmod(0o755)

    assert node_works(str(tmp_path)) is works


@pytest.fixture
async def host(tmp_path: Path) -> AsyncIterator[SampleHost]:
    """Start a sample host."""
    started = SampleHost(tmp_path / "home")
    await started.start()
    yield started
    await started.stop()


async def test_the_installed_script_runs_on_the_host(host: SampleHost) -> None:
    """What ``install`` returns is enough to run the import over SSH, in about the promised time."""
    installed: Installed = install(host.home)
    name = Path(installed.script).name
    words = shlex.join([installed.interpreter, f"./{name}", "iclinic", "dr", SMALL, TARGET])
    connection = await asyncssh.connect(
        host.address,
        host.port,
        username=host.user,
        client_keys=[host.key_path],
        known_hosts=([asyncssh.import_public_key(host.host_key)], [], []),
        config=None,
    )

    began = time.monotonic()
    done = await connection.run(f"cd {Path(installed.script).parent} && {words}")
    took_s = time.monotonic() - began
    connection.abort()
    await connection.wait_closed()

    assert done.exit_status == 0
    assert isinstance(done.stdout, str)
    assert done.stdout.endswith("::result imported=120 unchanged=0 skipped=0\n")
    assert took_s > 0.25  # five batches, paced
