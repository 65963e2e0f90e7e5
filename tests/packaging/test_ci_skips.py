"""tests/conftest.py turns skipped tests into a failure, in CI only."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

TESTS = {
    "passes": "def test_passes():\n    pass\n",
    "skips": "import pytest\n\ndef test_skips():\n    pytest.skip('MariaDB is missing')\n",
    "module": "import pytest\n\npytest.skip('no sshd here', allow_module_level=True)\n",
    "expected": "import pytest\n\n@pytest.mark.xfail\ndef test_fails():\n    assert False\n",
}


def run_pytest(directory: Path, *names: str, ci: str) -> tuple[int, str]:
    """Run the named TESTS under our conftest; return exit status and output."""
    shutil.copy(Path(__file__).parents[1] / "conftest.py", directory)
    for name in names:
        (directory / f"test_{name}.py").write_text(TESTS[name])
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(directory)],
        cwd=directory,
        env=os.environ | {"CI": ci},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("names", "ci", "status"),
    [
        pytest.param(["passes", "skips"], "true", 1, id="a skip in CI"),
        pytest.param(["passes", "module"], "true", 1, id="a skipped module in CI"),
        pytest.param(["passes", "skips", "module"], "", 0, id="skips at home"),
        pytest.param(["passes", "expected"], "true", 0, id="an expected failure in CI"),
    ],
)
def test_skips_fail_in_ci_only(tmp_path: Path, names: list[str], ci: str, status: int) -> None:
    """At home a missing tool is forgiven; in CI it is not."""
    assert run_pytest(tmp_path, *names, ci=ci)[0] == status


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    """One sentence with every reason."""
    _, out = run_pytest(tmp_path, "skips", "module", ci="true")

    assert "2 skipped, which CI counts as failed: MariaDB is missing; no sshd here." in out
