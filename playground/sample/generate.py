"""The export that the sample imports: always the same, obviously invented, with real-life dirt.

CPF numbers carry their check digits complemented to nine, so none of them can be a person's.
"""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

MAIN, SMALL, CORRUPT, HANGING = "320623", "320700", "320666", "320999"
SIZES = {MAIN: 3000, SMALL: 120, CORRUPT: 200, HANGING: 60}
FIRST_IDS = {MAIN: 43_000, SMALL: 50_000, CORRUPT: 60_000, HANGING: 61_000}

_FIRST = ("Amália", "Benício", "Conceição", "Damião", "Eulália", "Fabrício", "Graça", "Heitor")
_MIDDLE = ("Exemplo", "Fictício", "Amostra", "Modelo", "Ensaio", "Rascunho", "Hipótese")
_LAST = ("da Silva Teste", "dos Santos Teste", "Pereira Teste", "de Souza Teste", "Lima Teste")


def check_digits(base: str) -> str:
    """Return the two test check digits of nine digits: those of a CPF, each taken from nine."""
    digits = [int(digit) for digit in base]
    for _ in range(2):
        weighted = sum(d * w for d, w in zip(reversed(digits), range(2, 12), strict=False))
        digits.append(0 if weighted % 11 < 2 else 11 - weighted % 11)
    return "".join(str(9 - digit) for digit in digits[9:])


def write_export(path: Path) -> None:
    """Write all practitioners' records to *path*, one JSON object a line."""
    with path.open("wb") as file:
        for practitioner in SIZES:
            file.writelines(_lines(practitioner))


def _lines(practitioner: str) -> Iterator[bytes]:
    """Yield a practitioner's lines; only the main one's are dirty throughout."""
    for n in range(SIZES[practitioner]):
        record = _record(practitioner, n)
        encoding = "utf-8"
        if practitioner == MAIN:
            _make_dirty(record, n)
            encoding = "latin-1" if n % 500 == 202 else "utf-8"
        if practitioner == HANGING and n == 30:
            record["attachments"] = f"data/attachments/{record['id']}.zip"
        line = json.dumps(record, ensure_ascii=False).encode(encoding)
        if practitioner == CORRUPT and n == 110:
            line = line[:70]  # the export was cut here
        yield line + b"\n"


def _record(practitioner: str, n: int) -> dict[str, str]:
    identity = FIRST_IDS[practitioner] + n
    base = f"{identity * 7919 % 1_000_000_000:09}"
    born = date(1930, 1, 1) + timedelta(days=identity * 37 % 34_000)
    return {
        "practitioner": practitioner,
        "id": str(identity),
        "name": f"{_FIRST[n % 8]} {_MIDDLE[n % 7]} {_LAST[n % 5]}",
        "birth_date": born.isoformat(),
        "cpf": base + check_digits(base),
        "phone": f"+55 00 0000-{n:04}",
    }


def _make_dirty(record: dict[str, str], n: int) -> None:
    """Spoil 50 of 3,000 records: 18 without birth date, 19 with a wrong CPF, 13 twice in."""
    if n % 173 == 55:
        record["birth_date"] = ""
    elif n % 150 == 77:
        record["cpf"] = record["cpf"][:-1] + str((int(record["cpf"][-1]) + 1) % 10)
    elif n % 225 == 201:
        record["id"] = str(int(record["id"]) - 1)
