"""Import a practitioner's patients from an iclinic export into medpro (a SQLite file here).

The same as orchestrate-import.js, for hosts without node. Run it in its own directory:
python3 orchestrate_import.py <sistema> <usuario> <practitioner-id> <medpro-pract-id> [patient-id]
"""

from __future__ import annotations

import json
import os
import platform
import signal
import sqlite3
import sys
import time
from pathlib import Path
from typing import NamedTuple

USAGE = "<sistema> <usuario> <practitioner-id> <medpro-pract-id> [patient-id]"
SYSTEMS = ("iclinic",)
EXPORT = Path("data/iclinic-export.ndjson")
STORE = Path("medpro.db")
BATCH = 25
PACE_S = int(os.environ.get("SAMPLE_PACE_MS", "60")) / 1000  # per batch; the real one is slower

Record = dict[str, str]


class Failure(Exception):
    """What went wrong, for stderr, and the exit status that goes with it."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Line(NamedTuple):
    """A line of the export."""

    number: int
    text: bytes


class Medpro:
    """The store that patients are written to, a transaction a batch."""

    def __init__(self, practitioner: str) -> None:
        self._practitioner = practitioner
        self._db = sqlite3.connect(STORE)
        self._db.execute("PRAGMA journal_mode = WAL")  # a batch need not wait for the disk
        self._db.execute("PRAGMA synchronous = NORMAL")
        self._db.execute(
            "CREATE TABLE IF NOT EXISTS patients (practitioner TEXT, id TEXT, name TEXT,"
            " birth_date TEXT, cpf TEXT, phone TEXT, PRIMARY KEY (practitioner, id))"
        )

    def put(self, record: Record) -> str:
        """Write *record* if it is new or has changed; return "new", "changed" or "unchanged"."""
        fields = tuple(record[name] for name in ("name", "birth_date", "cpf", "phone"))
        key = (self._practitioner, record["id"])
        found = self._db.execute(
            "SELECT name, birth_date, cpf, phone FROM patients WHERE practitioner = ? AND id = ?",
            key,
        ).fetchone()
        if found == fields:
            return "unchanged"
        self._db.execute("REPLACE INTO patients VALUES (?, ?, ?, ?, ?, ?)", key + fields)
        return "changed" if found else "new"

    def commit(self) -> None:
        """Make the batch last."""
        self._db.commit()

    def close(self) -> None:
        """Close the file."""
        self._db.close()


class Import:
    """One run: reads, validates, writes, and counts what became of each record."""

    def __init__(self, medpro: Medpro) -> None:
        self._medpro = medpro
        self._seen: set[str] = set()
        self._stopped = False
        self.counts = {"new": 0, "changed": 0, "unchanged": 0, "skipped": 0}
        signal.signal(signal.SIGTERM, self._stop)

    def run(self, lines: list[Line]) -> None:
        """Import *lines* batch by batch, with a word about progress after each."""
        batches = [lines[start : start + BATCH] for start in range(0, len(lines), BATCH)]
        done = 0
        for number, batch in enumerate(batches, 1):
            try:
                for line in batch:
                    self.counts[self._one(line)] += 1
            finally:
                self._medpro.commit()
            done += len(batch)
            say(f"::progress {done}/{len(lines)} Importing patients")
            if number % 10 == 0 or number == len(batches):
                say(f"[{number}/{len(batches)}] {done} of {len(lines)} records: {self.summary()}")
            if self._stopped:
                raise Failure(143, f"stopped by SIGTERM after {done} of {len(lines)} records")
            time.sleep(PACE_S)

    def summary(self) -> str:
        """Return the counts in words."""
        return ", ".join(f"{count} {what}" for what, count in self.counts.items())

    def _one(self, line: Line) -> str:
        record = parse(line)
        if "attachments" in record:
            self._wait_for(record["attachments"])
        problem = find_problem(record, self._seen)
        self._seen.add(record["id"])
        if problem:
            warn(record, f"{problem}, skipped")
            return "skipped"
        return self._medpro.put(record)

    def _wait_for(self, attachments: str) -> None:
        say(f"waiting for {attachments}")
        while not self._stopped and not Path(attachments).exists():
            time.sleep(0.2)

    def _stop(self, *_: object) -> None:
        self._stopped = True


def parse(line: Line) -> Record:
    """Return the record in *line*; text that is not UTF-8 is read as Latin-1, with a warning."""
    try:
        text, legible = line.text.decode(), True
    except UnicodeDecodeError:
        text, legible = line.text.decode("latin-1"), False
    try:
        record: Record = json.loads(text)
    except ValueError:
        message = f"bad record at line {line.number} of {EXPORT}: not JSON; what came before stays"
        raise Failure(1, message) from None
    if not legible:
        warn(record, "not UTF-8, read as Latin-1")
    return record


def find_problem(record: Record, seen: set[str]) -> str | None:
    """Say why *record* cannot be imported, or None."""
    if record["id"] in seen:
        return "id seen before in this export"
    if not record["birth_date"]:
        return "birth date missing"
    if not cpf_is_valid(record["cpf"]):
        return "CPF check digits wrong"
    return None


def cpf_is_valid(cpf: str) -> bool:
    """Check the two digits; test numbers carry them complemented to nine."""
    if len(cpf) != 11 or not cpf.isdigit():
        return False
    digits = [int(digit) for digit in cpf[:9]]
    for _ in range(2):
        rest = sum(d * (i + 2) for i, d in enumerate(reversed(digits))) % 11
        digits.append(0 if rest < 2 else 11 - rest)
    return cpf[9:] == "".join(str(9 - digit) for digit in digits[9:])


def select(practitioner: str, patient: str | None) -> list[Line]:
    """Return the lines of *practitioner*, or of the one *patient* among them."""
    try:
        export = EXPORT.read_bytes().split(b"\n")
    except OSError:
        raise Failure(1, f"cannot read {EXPORT}: run me in my own directory") from None
    wanted = f'"practitioner": "{practitioner}"'.encode()
    lines = [Line(n, text) for n, text in enumerate(export, 1) if wanted in text]
    if not lines:
        raise Failure(3, f"practitioner {practitioner} has no records in {EXPORT}")
    if patient is None:
        return lines
    chosen = [line for line in lines if f'"id": "{patient}"'.encode() in line.text]
    if not chosen:
        raise Failure(
            3, f"patient {patient} is not among the {len(lines)} of practitioner {practitioner}"
        )
    return chosen


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def warn(record: Record, text: str) -> None:
    """Print a warning that names the record by its id, never the person."""
    sys.stderr.write(f"warning: record {record['id']}: {text}\n")
    sys.stderr.flush()


def main(arguments: list[str]) -> None:
    """Import what *arguments* ask for."""
    if len(arguments) not in (4, 5) or not all(arguments):
        raise Failure(2, f"usage: orchestrate-import {USAGE}")
    system, user, practitioner, target = arguments[:4]
    if system not in SYSTEMS:
        raise Failure(2, f"unknown sistema {system}; known: {', '.join(SYSTEMS)}")
    say(f"orchestrate-import on python {platform.python_version()}")
    say(f"{system} ({user}), practitioner {practitioner} -> medpro, {target}")
    lines = select(practitioner, arguments[4] if len(arguments) == 5 else None)
    say(f"{len(lines)} record{'s' if len(lines) > 1 else ''} in {EXPORT}")
    medpro = Medpro(target)
    run = Import(medpro)
    try:
        run.run(lines)
    finally:
        medpro.close()
    say(f"Done: {run.summary()}.")
    written = run.counts["new"] + run.counts["changed"]
    say(
        f"::result imported={written} unchanged={run.counts['unchanged']}"
        f" skipped={run.counts['skipped']}"
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except Failure as failure:
        sys.stderr.write(f"error: {failure}\n")
        sys.exit(failure.status)
