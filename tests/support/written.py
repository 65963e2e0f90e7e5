"""Parameters and values written as people write them: what the reading half must give back."""

import re
from collections.abc import Sequence

from db.model.catalog import ParameterSpec, ParameterType
from executor.rules.values import plain

_BARE = re.compile(r"""[^\s"'“”„]\S*""")
_BARE_CHOICE = re.compile(r"""[^\s,()"'“”„]+(?: [^\s,()"'“”„]+)*""")


def written(specs: Sequence[ParameterSpec]) -> str:
    """Return the text that `spec_text.parse` reads as *specs*."""
    return "\n".join(_line(spec) for spec in specs)


def quoted_if_needed(value: str) -> str:
    """Return *value* so that `quoting.split` gives it back."""
    return value if _BARE.fullmatch(value) else _quoted(value)


def _line(spec: ParameterSpec) -> str:
    words = [f"{spec.name}: {_type(spec)}"]
    words += [] if spec.required else ["optional"]
    words += ["personal"] if spec.is_personal else []
    words.append(f"{spec.passing.value}={spec.target}")
    texts = {
        "default": spec.default,
        "label": spec.label,
        "pattern": spec.pattern,
        "example": spec.example,
        "min": None if spec.minimum is None else plain(spec.minimum),
        "max": None if spec.maximum is None else plain(spec.maximum),
    }
    words += [f"{word}={quoted_if_needed(text)}" for word, text in texts.items() if text]
    return " ".join(words)


def _type(spec: ParameterSpec) -> str:
    if spec.secret_ref:
        return f"secret({spec.secret_ref})"
    if spec.type is ParameterType.CHOICE:
        return f"choice({', '.join(_choice(choice) for choice in spec.choices)})"
    return spec.type.value


def _choice(choice: str) -> str:
    return choice if _BARE_CHOICE.fullmatch(choice) else _quoted(choice)


def _quoted(value: str) -> str:
    if "'" not in value and ('"' in value or "\\" in value):
        return f"'{value}'"
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
