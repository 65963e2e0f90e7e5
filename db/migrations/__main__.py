"""``python -m db.migrations check`` and ``python -m db.migrations revision "words"``."""

import os
import sys
import tempfile
from pathlib import Path

from db.migrations import check, revision


def main(arguments: list[str]) -> int:
    """Return the exit status."""
    with tempfile.TemporaryDirectory() as folder:
        scratch = f"sqlite:///{Path(folder) / 'scratch.db'}"
        match arguments:
            case ["check"]:
                for url in filter(None, (scratch, os.environ.get("FERRY_DATABASE_URL"))):
                    check(url)
            case ["revision", words]:
                revision(scratch, words)
            case _:
                print(__doc__, file=sys.stderr)  # noqa: T201 - a command line speaks
                return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
