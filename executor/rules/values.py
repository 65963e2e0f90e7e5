"""One value of one parameter: what a person typed → its canonical text, or a sentence why not."""

import datetime as dt
import math
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal
from types import MappingProxyType
from typing import NoReturn

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted
from executor.rules.patterns import compiled

LONGEST_TEXT = 1000
_INTEGER = re.compile(r"[+-]?[0-9]{1,30}")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})")
_LOCAL_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")  # day first
_YES = frozenset({"yes", "y", "true", "1", "on", "sim", "s"})
_NO = frozenset({"no", "n", "false", "0", "off", "não", "nao"})
# Bidirectional controls would let a value look different on a confirmation from what runs.
_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})
_EXAMPLES: Mapping[ParameterType, str] = MappingProxyType(
    {
        ParameterType.INTEGER: "42",
        ParameterType.NUMBER: "1.5",
        ParameterType.BOOLEAN: "yes",
        ParameterType.DATE: "2026-12-31",
    }
)


def canonical(spec: ParameterSpec, text: str) -> str:
    """Return *text* (not blank) as *spec* stores it; InvalidInput says why not."""
    return _CHECKS[spec.type](spec, text.strip())


def example_of(spec: ParameterSpec) -> str:
    """Return ``, for example x`` for a sentence about *spec*; empty if nothing is known."""
    example = spec.example or spec.default or _own_example(spec)
    return f", for example {example}" if example else ""


def _own_example(spec: ParameterSpec) -> str:
    if spec.choices:
        return spec.choices[0]
    bound = spec.maximum if spec.minimum is None else spec.minimum
    if bound is None or spec.type is ParameterType.TEXT:
        return _EXAMPLES.get(spec.type, "")
    if spec.type is ParameterType.INTEGER:
        return str(math.floor(bound) if spec.minimum is None else math.ceil(bound))
    return plain(bound)


def plain(bound: float) -> str:
    """Return *bound* without exponent or needless zeros: ``1``, ``0.5``."""
    digits = f"{Decimal(repr(bound)):f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) or "0"


def _text(spec: ParameterSpec, text: str) -> str:
    if any(unicodedata.category(char) in _UNPRINTABLE or char in _BIDI for char in text):
        _refuse(spec, text, "must be one line without control characters")
    longest = LONGEST_TEXT if spec.maximum is None else min(LONGEST_TEXT, int(spec.maximum))
    if len(text) > longest:
        _refuse(spec, text, f"must be at most {longest} characters long, not {len(text)}")
    if spec.minimum is not None and len(text) < spec.minimum:
        _refuse(spec, text, f"must be at least {plain(spec.minimum)} characters long")
    if text.startswith("-") and spec.passing in {Passing.POSITION, Passing.FLAG}:
        _refuse(spec, text, "must not begin with “-”: the script would read it as an option")
    if spec.pattern and not compiled(spec.pattern).fullmatch(text):
        _refuse(spec, text, f"must match {quoted(spec.pattern)}")
    return text


def _integer(spec: ParameterSpec, text: str) -> str:
    if not _INTEGER.fullmatch(text):
        _refuse(spec, text, "must be a whole number, digits only, without dots or spaces")
    _check_bounds(spec, text)
    return str(int(text))


def _number(spec: ParameterSpec, text: str) -> str:
    if not _NUMBER.fullmatch(text):
        _refuse(spec, text, "must be a number with a point for decimals and no thousands separator")
    _check_bounds(spec, text)
    whole, _, decimals = text.lstrip("+-").partition(".")
    digits = f"{whole.lstrip('0') or '0'}.{decimals}".rstrip("0").rstrip(".")
    return f"-{digits}" if text.startswith("-") and digits != "0" else digits


def _check_bounds(spec: ParameterSpec, text: str) -> None:
    # Decimal(repr()): the float 0.1 is a little more than what the person who wrote min=0.1 meant.
    value = Decimal(text)
    if spec.minimum is not None and value < Decimal(repr(spec.minimum)):
        _refuse(spec, text, f"must be at least {plain(spec.minimum)}")
    if spec.maximum is not None and value > Decimal(repr(spec.maximum)):
        _refuse(spec, text, f"must be at most {plain(spec.maximum)}")


def _choice(spec: ParameterSpec, text: str) -> str:
    if text in spec.choices:
        return text
    same = [choice for choice in spec.choices if choice.casefold() == text.casefold()]
    if len(same) == 1:
        return same[0]
    listed = ", ".join(spec.choices[:20]) + (", …" if len(spec.choices) > 20 else "")
    message = f"{spec.title} must be one of: {listed}; {quoted(text)} is not."
    raise InvalidInput(f"{message} {did_you_mean(text, spec.choices)}".rstrip())


def _boolean(spec: ParameterSpec, text: str) -> str:
    word = unicodedata.normalize("NFC", text).casefold()
    if word not in _YES | _NO:
        _refuse(spec, text, "must be yes or no")
    return "true" if word in _YES else "false"


def _date(spec: ParameterSpec, text: str) -> str:
    if found := _ISO_DATE.fullmatch(text):
        year, month, day = found.groups()
    elif found := _LOCAL_DATE.fullmatch(text):
        day, month, year = found.groups()
    else:
        _refuse(spec, text, "must be a date written year-month-day")
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        _refuse(spec, text, "must be a date that the calendar has")


def _refuse(spec: ParameterSpec, text: str, expected: str) -> NoReturn:
    raise InvalidInput(f"{spec.title} {expected}{example_of(spec)}; you gave {quoted(text)}.")


_CHECKS: Mapping[ParameterType, Callable[[ParameterSpec, str], str]] = MappingProxyType(
    {
        ParameterType.TEXT: _text,
        ParameterType.INTEGER: _integer,
        ParameterType.NUMBER: _number,
        ParameterType.CHOICE: _choice,
        ParameterType.BOOLEAN: _boolean,
        ParameterType.DATE: _date,
    }
)
