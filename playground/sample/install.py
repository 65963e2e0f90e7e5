"""Put the sample migration where the sample host's commands find it."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from playground.host import plain_path
from playground.sample.generate import write_export

DIRECTORY = "migrations"
OLDEST_NODE = 18


@dataclass(frozen=True)
class Installed:
    """What a job has to name to run the sample."""

    interpreter: str  #: "node" or "python3"
    script: str  #: as the host's user would type it, "~/migrations/orchestrate-import.js"


def install(home: Path) -> Installed:
    """Write script and export into *home* and return how to run it: with node if there is one.

    Safe to repeat: what was imported stays.
    """
    directory = home / DIRECTORY
    (directory / "data").mkdir(parents=True, exist_ok=True)
    sources = Path(__file__).parent
    for name in ("orchestrate-import.js", "orchestrate_import.py"):
        shutil.copyfile(sources / name, directory / name)
    write_export(directory / "data" / "iclinic-export.ndjson")
    if node_works(plain_path()):
        return Installed("node", f"~/{DIRECTORY}/orchestrate-import.js")
    return Installed("python3", f"~/{DIRECTORY}/orchestrate_import.py")


def node_works(path: str) -> bool:
    """Say whether the node on *path* runs and is new enough; a version manager's shim may not."""
    program = shutil.which("node", path=path)
    if program is None:
        return False
    command = [program, "--version"]
    told = subprocess.run(
        command, env={"PATH": path}, capture_output=True, text=True, timeout=10, check=False
    )
    version = re.match(r"v(\d+)\.", told.stdout)
    return version is not None and int(version[1]) >= OLDEST_NODE
