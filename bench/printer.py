"""Print lines at a rate, each with its number and the time, once a file says go.

``python3 -S -E printer.py FOLDER COUNT PAUSE RUN``: a script of part d, on the host. Each line is
one write, so that nothing waits in a buffer of ours.
"""

import os
import sys
import time
from pathlib import Path

_PAD = "imported: name, birth date, 12 appointments, 3 documents, nothing left out"
_LOOK_S = 0.5


def main(folder: Path, count: int, pause_s: float, run: str) -> None:
    """Say that we are there, wait for the sign, print."""
    (folder / f"ready-{run}").touch()
    go = folder / "go"
    while not go.exists():
        time.sleep(_LOOK_S)
    begin = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, begin + number * pause_s - time.monotonic()))
        os.write(1, f"{run} {number} {time.time_ns()} {_PAD}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), sys.argv[4])
