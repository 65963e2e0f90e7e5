"""One line of the text form of parameters → one spec, not yet checked against the others."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from db.model.catalog import ParameterSpec, ParameterType, Passing
from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted
from executor.rules.quoting import QUOTED, split, unquoted

_INSIDE = rf"""(?:{QUOTED}|[^()"'“”„])*"""
_LINE = re.compile(
    rf"\s*(?P<name>[^\s:]+)\s*:\s*(?P<type>[^\s()]+)\s*(?:\((?P<inside>{_INSIDE})\))?"
    r"(?P<words>(?:\s.*)?)"
)
_ITEM = re.compile(rf"""\s*({QUOTED}|[^,"'“”„]*)\s*(?:,|$)""")
_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?")
_SECRET = "secret"
_TYPES = (*(kind.value for kind in ParameterType), _SECRET)
_TEXTS: Mapping[str, str] = MappingProxyType(
    {name: name for name in ("default", "label", "pattern", "example")}
)
_BOUNDS: Mapping[str, str] = MappingProxyType({"min": "minimum", "max": "maximum"})
_PASSINGS = tuple(passing.value for passing in Passing)
_VALUED = (*_PASSINGS, *_TEXTS, *_BOUNDS)
_ALONE: Mapping[str, tuple[str, bool]] = MappingProxyType(
    {
        "required": ("required", True),
        "optional": ("required", False),
        "personal": ("is_personal", True),
    }
)
_LONG_DASHES = "\N{EN DASH}\N{EM DASH}"  # what Macs and phones make of two dashes
_EXAMPLE = "`practitioner-id: integer position=3 min=1 example=320623`"


def parse_line(line: str) -> ParameterSpec:
    """Return the spec that *line* declares; its ``target`` is empty if it says nothing of passing.

    Raises InvalidInput with the first thing that is wrong.
    """
    found = _LINE.fullmatch(line.strip())
    if not found:
        raise InvalidInput(f"Write `name: type` and then words, for example {_EXAMPLE}.")
    content = _type(found["type"], found["inside"])
    content |= _words(found["words"])
    if "secret_ref" in content and content.get("passing") is not Passing.ENV:
        raise InvalidInput(
            "A secret reaches the script only by an environment variable, since arguments are "
            "visible to everybody on the host: write for example env=API_TOKEN."
        )
    return ParameterSpec(name=found["name"], **content)


def _type(word: str, inside: str | None) -> dict[str, Any]:
    if word not in _TYPES:
        said = f"{quoted(word)} is not a type; the types are {', '.join(_TYPES)}."
        raise InvalidInput(f"{said} {did_you_mean(word, _TYPES)}".rstrip())
    if word == _SECRET:
        if not (inside or "").strip():
            raise InvalidInput("Say where the secret is, for example secret(env:ICLINIC_TOKEN).")
        return {"secret_ref": unquoted((inside or "").strip())}
    if word == ParameterType.CHOICE:
        return {"type": ParameterType.CHOICE, "choices": _choices(inside or "")}
    if inside is not None:
        raise InvalidInput(f"{word} takes no brackets; only choice(…) and secret(…) do.")
    return {"type": ParameterType(word)}


def _choices(inside: str) -> tuple[str, ...]:
    items = []
    start = 0
    while start < len(inside):
        item = _ITEM.match(inside, start)
        if item is None:
            raise InvalidInput(
                f"The choices cannot be read from {quoted(inside[start:])} on: put commas between "
                'them, and quotes around one that holds a comma, for example choice(a, "b, c").'
            )
        items.append(unquoted(item[1].strip()))
        start = item.end()
    return tuple(items)


def _words(text: str) -> dict[str, Any]:
    try:
        words = split(text)
    except ValueError as error:
        raise InvalidInput(
            f"This cannot be read from {quoted(str(error))} on: put quotes around a value that "
            'holds spaces, for example label="Practitioner id".'
        ) from None
    content: dict[str, Any] = {}
    for word, value in words:
        for name, meant in _word(word, value).items():
            if name in content:
                raise InvalidInput(f"{quoted(word)} says again what the line said before.")
            content[name] = meant
    return content


def _word(word: str, value: str | None) -> dict[str, Any]:
    if word in _ALONE and value is None:
        name, meant = _ALONE[word]
        return {name: meant}
    if word not in _VALUED:
        known = (*_ALONE, *_VALUED)
        hint = did_you_mean(word, known) or f"They are: {', '.join(known)}."
        raise InvalidInput(f"{quoted(word)} is not a word that a line may hold. {hint}")
    if not value:
        raise InvalidInput(f"`{word}` needs a value right after an equals sign: {word}=…")
    if word in _BOUNDS:
        return {_BOUNDS[word]: _number(word, value)}
    if word in _TEXTS:
        return {_TEXTS[word]: value}
    return {"passing": Passing(word), "target": _target(word, value)}


def _number(word: str, value: str) -> float:
    if not _NUMBER.fullmatch(value):
        raise InvalidInput(f"{word}= takes a number, for example {word}=1; {quoted(value)} is not.")
    return float(value)


def _target(word: str, value: str) -> str:
    is_flag = word in {Passing.FLAG, Passing.FLAG_EQUALS}
    return f"--{value[1:]}" if is_flag and value[0] in _LONG_DASHES else value
