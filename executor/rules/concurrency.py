"""Keys that keep two runs off the same records: ``{sistema}:{practitioner-id}`` and its values."""

import hashlib
import re
from collections.abc import Mapping, Sequence

from db.model.catalog import ParameterSpec
from db.model.errors import InvalidInput
from executor.rules.names import did_you_mean, quoted

LONGEST_TEMPLATE = 200
LONGEST_KEY = 255  # what the column holds
SEPARATORS = ":/|,;"  #: one of them stands between two names; values never hold them bare
_EXAMPLE = "for example `{sistema}:{practitioner-id}`"
_NAME = re.compile(r"\{([^{}]*)\}")
_ESCAPED = re.compile(rf"[%{{}}{re.escape(SEPARATORS)}]")


def concurrency_template(text: str, specs: Sequence[ParameterSpec] | None) -> str:
    """Return *text* if it is a template over *specs*; InvalidInput says what is wrong.

    None for *specs*: they could not be read, so only the shape of *text* is looked at.
    """
    if not text.isprintable() or len(text) > LONGEST_TEMPLATE:
        raise InvalidInput(
            f"A key is one line of at most {LONGEST_TEMPLATE} characters, {_EXAMPLE}."
        )
    if set("{}") & set(_NAME.sub("", text)):
        raise InvalidInput(
            f"{quoted(text)} has a brace too many or too few: write each parameter as {{name}}, "
            f"{_EXAMPLE}."
        )
    names = _NAME.findall(text)
    if not names:
        raise InvalidInput(
            f"{quoted(text)} names no parameter, so it would be the same for every run: write the "
            f"parameters that tell the records apart in braces, {_EXAMPLE}."
        )
    between = _NAME.split(text)[2:-1:2]
    if not all(set(SEPARATORS) & set(words) for words in between):
        raise InvalidInput(
            f"Put one of {' '.join(SEPARATORS)} between two parameters, so that different values "
            f"never make the same key, {_EXAMPLE}."
        )
    if specs is not None:
        _check_names(names, specs)
    return text


def concurrency_key(template: str, values: Mapping[str, str]) -> str:
    """Return *template* with *values* in its braces, at most 255 characters; empty without one.

    Different values make different keys: what could be taken for the template's own signs is
    written as in URLs (``a%3Ab``), and a key that is too long ends in its hash. A parameter
    without a value is empty.
    """

    def value(found: re.Match[str]) -> str:
        return _ESCAPED.sub(lambda sign: f"%{ord(sign[0]):02X}", values.get(found[1], ""))

    key = _NAME.sub(value, template)
    if len(key) <= LONGEST_KEY:
        return key
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"{key[: LONGEST_KEY - len(digest) - 1]}…{digest}"


def _check_names(names: Sequence[str], specs: Sequence[ParameterSpec]) -> None:
    secret = {spec.name for spec in specs if spec.secret_ref}
    known = [spec.name for spec in specs if not spec.secret_ref]
    for name in names:
        if name in secret:
            raise InvalidInput(
                f"{quoted(name)} is a secret, and keys are stored and shown: use another parameter."
            )
        if name not in known:
            listed = f"They are: {', '.join(known)}." if known else "It has none."
            hint = did_you_mean(name, known) or listed
            raise InvalidInput(f"{quoted(name)} is not a parameter of this job. {hint}")
